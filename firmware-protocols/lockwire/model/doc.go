// Package model holds the opening protocol of SPEC.md as a model for the model checker
// SPIN (opening.pml and the files it includes) and the test that runs it. It contains
// no code of the product. README.md says what is modelled, what is claimed, and which
// deliberately broken variants must be refuted.
package model
