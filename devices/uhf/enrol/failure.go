package enrol

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"trilock/custody/fact"
	"trilock/devices/uhf"
	"trilock/firmware-protocols/epc"
)

// Step is a part of the work.
type Step string

// The steps, in their order.
const (
	StepFind         Step = "find"
	StepRoom         Step = "check-room"
	StepAccess       Step = "set-access-password"
	StepWrite        Step = "write-epc"
	StepReadBack     Step = "read-back"
	StepKillPassword Step = "set-kill-password"
	StepLock         Step = "lock"
	StepTryLock      Step = "try-lock"
	StepKill         Step = "kill"
)

// Text says the step for people.
func (s Step) Text() fact.Text {
	switch s {
	case StepFind:
		return fact.Text{ZH: "找到标签", EN: "tag found"}
	case StepRoom:
		return fact.Text{ZH: "标签容量足够", EN: "the chip has room"}
	case StepAccess:
		return fact.Text{ZH: "访问密码已写入并核对", EN: "access password written and compared"}
	case StepWrite:
		return fact.Text{ZH: "EPC 已写入", EN: "EPC written"}
	case StepReadBack:
		return fact.Text{ZH: "EPC 已读回并核对", EN: "EPC read back and compared"}
	case StepKillPassword:
		return fact.Text{ZH: "灭活密码已写入并核对", EN: "kill password written and compared"}
	case StepLock:
		return fact.Text{ZH: "已锁定", EN: "locks set"}
	case StepTryLock:
		return fact.Text{ZH: "锁定已验证", EN: "locks tried and found to hold"}
	case StepKill:
		return fact.Text{ZH: "标签已灭活", EN: "tag destroyed"}
	}
	return fact.Text{ZH: string(s), EN: string(s)}
}

// Reasons for which a step fails besides the reader's.
var (
	errNone    = errors.New("no tag answers")
	errSeveral = errors.New("more than one tag answers")
	errTwin    = errors.New("two tags with the same EPC lie here")
	errTaken   = errors.New("another tag here has that EPC already")
	errRoom    = errors.New("the chip's EPC memory cannot take it")
	errLost    = errors.New("the tag does not answer any more")
	errDiffers = errors.New("what was read back is not what was written")
	errSilent  = errors.New("the tag does not answer a round with its new EPC")
	errOpen    = errors.New("the lock does not hold: what it forbids was done")
	errAlive   = errors.New("the tag still answers")
)

// State says how much of a new EPC is on the tag.
type State string

// The states.
const (
	StateUnknown   State = "unknown" // it cannot be read at present
	StateUntouched State = "untouched"
	StateHalf      State = "half-written"
	StateWritten   State = "written"
)

// Failure is a step that failed: which, why, what is on the tag now, and what to do next.
type Failure struct {
	Step Step
	// State is about the EPC: StateUntouched where none was to be written.
	State State
	// Now is the tag as it was last read.
	Now  Tag
	Next fact.Text
	Err  error
}

// Error says all of it in English.
func (f *Failure) Error() string {
	return fmt.Sprintf("%s failed: %v; the EPC is %s%s; next: %s", f.Step, f.Err, f.State, f.Now.text(), f.Next.EN)
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

func (t Tag) text() string {
	if len(t.EPC) == 0 {
		return ""
	}
	return fmt.Sprintf(" (EPC %X, PC %04X, TID %X)", t.EPC, uint16(t.PC), t.TID)
}

// failed makes the error of a step, for which it looks at the tag.
func (b *bench) failed(ctx context.Context, s Step, err error) error {
	f := &Failure{Step: s, State: StateUntouched, Err: err}
	if len(b.plan.EPC) > 0 && s != StepFind && s != StepRoom && s != StepAccess {
		f.State = b.state(ctx)
	}
	f.Now = b.tag
	f.Next = next(s, f.State, err)
	return f
}

// state looks at the tag, found by its TID, and says how much of the new EPC is on it.
func (b *bench) state(ctx context.Context) State {
	if err := b.findAgain(ctx); err != nil {
		return StateUnknown
	}
	want := epc.PCOf(len(b.plan.EPC))
	switch {
	case bytes.Equal(b.tag.EPC, b.plan.EPC) && b.tag.PC&epc.PCMeans == want&epc.PCMeans:
		return StateWritten
	case bytes.Equal(b.tag.EPC, b.out.Before.EPC):
		return StateUntouched
	}
	return StateHalf
}

// next says what to do about a failure. The reason goes before the state: it names the cause.
func next(s Step, state State, err error) fact.Text {
	texts := []struct {
		reason error
		text   fact.Text
	}{
		{errNone, fact.Text{ZH: "把标签平放在天线上，远离金属，再试一次", EN: "lay the tag flat on the antenna, away from metal, and try again"}},
		{errSeveral, fact.Text{ZH: "拿走其他标签，或用 --tag 指明要操作的 EPC 或 TID", EN: "take the others away, or name the one that is meant with --tag"}},
		{errTwin, fact.Text{ZH: "一次只放一个标签；另一个标签可能已被改写，请逐个读取", EN: "lay down one tag at a time, and read each: the other one may have been written too"}},
		{errTaken, fact.Text{ZH: "换一个序列号，或拿走已有该编号的标签", EN: "choose another serial number, or take the tag away that has this one"}},
		{errRoom, fact.Text{ZH: "改用 GDTI-96，或换 EPC 存储区更大的标签", EN: "use GDTI-96, or tags with a larger EPC memory"}},
		{errDiffers, fact.Text{ZH: "重复同一命令；再次失败则换标签", EN: "repeat the command; if it fails again, the tag is faulty: take another one"}},
		{errOpen, fact.Text{ZH: "不要发放此标签：换一个标签重做", EN: "do not give this tag out: prepare another one"}},
		{errAlive, fact.Text{ZH: "重复灭活，或剪断标签天线", EN: "repeat the command, or cut the tag's antenna"}},
	}
	for _, t := range texts {
		if errors.Is(err, t.reason) {
			return t.text
		}
	}
	switch uhf.FaultOf(err) {
	case uhf.TagPassword:
		return fact.Text{ZH: "密码不对：用该标签的密码重试", EN: "the password is not this tag's: give the right one"}
	case uhf.TagLocked:
		return fact.Text{ZH: "存储区已锁定：给出访问密码再试；永久锁定的无法改写", EN: "the memory is locked: give the access password; what is locked for ever cannot be changed"}
	case uhf.TagPower:
		return fact.Text{ZH: "把标签移近天线或提高功率，再重复同一命令", EN: "bring the tag nearer or raise the power, and repeat the command"}
	}
	if state == StateHalf || s == StepAccess || s == StepKillPassword {
		return fact.Text{ZH: "把标签放回天线上，重复同一命令：系统按 TID 找到它并重写", EN: "put the tag back on the antenna and repeat the command with --tag and its TID: it is found by that and written anew"}
	}
	if state == StateUnknown {
		return fact.Text{ZH: "把标签放回天线上，先读取，再重复同一命令", EN: "put the tag back on the antenna, read it, and repeat the command"}
	}
	return fact.Text{ZH: "检查标签位置与密码后重复同一命令", EN: "check where the tag lies, and its password, and repeat the command"}
}
