package configs

// Limits of the register's policy, each with its reason.
const (
	// MaxCategories of numbers: more nobody keeps apart.
	MaxCategories = 50
	// MaxSeries of carriers with rules of their own.
	MaxSeries = 30
	// MaxKeepers of one series: a keeper, a deputy, and some more.
	MaxKeepers = 10
)
