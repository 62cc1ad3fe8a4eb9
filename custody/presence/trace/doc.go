// Package trace makes recorded streams of which the truth is known: what the readers of a
// site would have reported while people carry folders about. It is what the estimates of
// package presence are scored on, beside the simpler ones of package baseline. It is
// seeded: the same function, seed and options give the same trace.
//
// # Channel
//
// A room is a box; an antenna hangs in it, with a place, a direction and a cable. A tag at
// p answers an antenna over the direct path and the six first reflections of floor,
// ceiling and walls, which add as waves, and a diffuse rest that changes with time:
//
//	h(t)  = Σ_k √G(dir_k) · √D(dir_k) · B(dir_k) · Γ_k/d_k · e^(−j2π d_k f/c)  +  diffuse(t)/d_0
//	one   = power-less gain of one way, dB: 20·log10 |h|·λ/4π + gains − cable − stack − detuning
//	P     = transmit power + one                what the tag gets; it answers above its sensitivity
//	rssi  = transmit power + 2·one − backscatter loss + cable + noise
//
//	G        antenna pattern, cos^n of the angle off its direction, with a back lobe
//	D        the tag's dipole: nothing along its axis
//	B        the body of the person who carries it, between tag and antenna
//	Γ        reflection at the wall; it changes sign
//	diffuse  complex, first-order autoregressive: slow for what lies still, fast for what is carried;
//	         in a steel cabinet another one on each of the channels between which readers hop
//	stack    the folders above and below
//
// So fading is the same as long as nothing moves, changes within a hand's breadth when
// something does, counts twice in the strength and once in whether the tag answers at all;
// what lies in a bad spot stays in it. Strengths come in steps of half a dB.
//
// # Readers
//
// A reader serves its antennas one after the other, so long each, and may rest between two
// cycles. What the tags that answer can get through in that time they share: slots are
// few, collisions lose some, and the radio loses some more. A reader with a session reads
// each tag once in a dwell, one without again and again.
//
// # Truth
//
// A Stay says where a tag was. In rooms without shelves a place is what is nearer to its
// middle than to any other's, so that it changes on the way.
//
// The package does no I/O and reads no clock.
package trace
