package gx5a

import (
	"testing"

	"trilock/devices/devicetest/captured"
)

const captures = "../../testdata/captures/gx-5a*.bytes"

func TestCapturesDecodeWithoutLoss(t *testing.T) {
	protocol().Lossless(t, captured.Heard(t, captures))
}
