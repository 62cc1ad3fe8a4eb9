package r2000

import (
	"testing"

	"trilock/devices/devicetest/captured"
)

const captures = "../../testdata/captures/r2000-a0*.bytes"

func TestCapturesDecodeWithoutLoss(t *testing.T) {
	protocol().Lossless(t, captured.Heard(t, captures))
}
