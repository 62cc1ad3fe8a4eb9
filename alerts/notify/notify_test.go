package notify_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"trilock/alerts/notify"
)

func TestMarks(t *testing.T) {
	cause := errors.New("refused")
	permanent := fmt.Errorf("mail: %w", notify.Permanent(cause))
	later := fmt.Errorf("mail: %w", notify.Later(cause, time.Minute))
	if !notify.IsPermanent(permanent) || notify.IsPermanent(later) || notify.IsPermanent(cause) || notify.IsPermanent(nil) {
		t.Error("IsPermanent")
	}
	if notify.After(later) != time.Minute || notify.After(permanent) != 0 || notify.After(nil) != 0 {
		t.Error("After")
	}
	if !errors.Is(permanent, cause) || !errors.Is(later, cause) || permanent.Error() != "mail: refused" || later.Error() != "mail: refused" {
		t.Error("the cause is lost")
	}
	if notify.Permanent(nil) != nil || notify.Later(nil, 1) != nil {
		t.Error("nil became an error")
	}
}
