package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"trilock/devices"
	"trilock/devices/serialport"
	"trilock/devices/uhf"
	"trilock/devices/uhf/enrol"
	"trilock/firmware-protocols/epc"
)

// tagCmd is the work on tags at an enrolment desk.
type tagCmd struct {
	Read     tagRead     `cmd:"" help:"Read the tag on the desk: EPC, PC word, TID. 读取标签。"`
	Write    tagWrite    `cmd:"" help:"Write a tag's EPC, and its passwords and locks if wanted; read back and compare. 写入标签。"`
	Lock     tagLock     `cmd:"" help:"Lock parts of a tag, and try the locks. 锁定标签。"`
	Password tagPassword `cmd:"" help:"Set a tag's access or kill password. 设置标签密码。"`
	Kill     tagKill     `cmd:"" help:"Destroy a tag for ever. 灭活标签。"`
	Blocks   tagBlocks   `cmd:"" help:"Read, write or lock the memory of an HF tag (ISO 15693). 高频标签数据块。"`
}

// deskFlags say which reader it is and which tag is meant.
type deskFlags struct {
	Port     string `required:"" help:"The serial port of the desk's reader; the daemon must not have it."`
	Protocol string `required:"" short:"p" help:"The reader's protocol, one of ${desks}."`
	Baud     int    `help:"Speed in bit/s; the protocol's usual one without it."`
	Antenna  uint8  `default:"1" help:"The antenna port of the desk."`
	Power    uint8  `default:"20" help:"Transmit power in dBm: as little as reads a tag on the desk."`
	Region   string `default:"china" enum:"china,us,eu,korea" help:"Band: china, us, eu or korea."`
	Tag      string `placeholder:"HEX" help:"EPC or TID of the tag that is meant; without it there must be one tag only."`
	JSON     bool   `name:"json" help:"Print the result as JSON."`
}

// presentPassword is the access password that a tag has.
type presentPassword struct {
	AccessPassword string `placeholder:"FILE" help:"File with the tag's access password (8 hexadecimal digits, readable by its owner only), or ask for the terminal."`
}

// newPasswords are the passwords that a tag gets.
type newPasswords struct {
	NewAccessPassword string `placeholder:"FILE" help:"File with the access password that the tag gets, or ask."`
	NewKillPassword   string `placeholder:"FILE" help:"File with the kill password that the tag gets, or ask."`
}

type tagRead struct{ deskFlags }

type tagWrite struct {
	deskFlags
	presentPassword
	newPasswords
	EPC     string   `name:"epc" placeholder:"HEX" xor:"what" help:"The EPC in hexadecimal, whole words."`
	URI     string   `name:"uri" xor:"what" help:"The EPC as URI: urn:epc:id:gdti:… or urn:epc:tag:…."`
	Serial  string   `xor:"what" help:"Serial of a document (GDTI): a number, or up to 17 characters for GDTI-174."`
	Prefix  string   `help:"GS1 company prefix, with --serial."`
	DocType string   `name:"type" help:"Document type, with --serial: as many digits as the prefix leaves of twelve."`
	Lock    []string `placeholder:"AREA" help:"Areas to lock afterwards: epc, access, kill, user."`
}

type tagLock struct {
	deskFlags
	presentPassword
	Area        []string `required:"" help:"kill, access, epc, tid, user."`
	State       string   `default:"locked" enum:"unlocked,locked,perma-unlocked,perma-locked" help:"unlocked, locked, perma-unlocked or perma-locked."`
	Permanently bool     `help:"Needed for perma-unlocked and perma-locked: nobody can undo them."`
}

type tagPassword struct {
	deskFlags
	presentPassword
	newPasswords
}

type tagKill struct {
	deskFlags
	KillPassword string `required:"" placeholder:"FILE" help:"File with the tag's kill password, or ask."`
	Word         string `help:"The word destroy; asked for on the terminal without it."`
}

// Run reads.
func (c *tagRead) Run() error { return interruptible(c.do) }

// Run writes.
func (c *tagWrite) Run() error { return interruptible(c.do) }

// Run locks.
func (c *tagLock) Run() error { return interruptible(c.do) }

// Run sets passwords.
func (c *tagPassword) Run() error { return interruptible(c.do) }

// Run kills.
func (c *tagKill) Run() error { return interruptible(c.do) }

// interruptible does something that Ctrl-C ends. A tag is left as the last whole step made it.
func interruptible(do func(ctx context.Context, out io.Writer) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return do(ctx, os.Stdout)
}

func (c *tagRead) do(ctx context.Context, out io.Writer) error {
	return c.at(ctx, out, func(d *uhf.Desk, named []byte) (enrol.Outcome, error) {
		tag, err := enrol.Look(ctx, d, named)
		return enrol.Outcome{After: tag}, err
	})
}

func (c *tagWrite) do(ctx context.Context, out io.Writer) error {
	code, err := c.compose()
	if err != nil {
		return err
	}
	locks, err := parseLocks(c.Lock, epc.Locked)
	if err != nil {
		return err
	}
	return c.carryOut(ctx, out, enrol.Plan{EPC: code, Locks: locks}, c.presentPassword, c.newPasswords)
}

// compose returns the EPC that the flags ask for.
func (c *tagWrite) compose() ([]byte, error) {
	if c.Serial == "" && (c.Prefix != "" || c.DocType != "") {
		return nil, errors.New("--prefix and --type go with --serial")
	}
	var id epc.ID
	var err error
	switch {
	case c.EPC != "":
		return parseTagHex("--epc", c.EPC)
	case strings.HasPrefix(c.URI, "urn:epc:id:"):
		id, err = epc.ParseIdentity(c.URI)
	case c.URI != "":
		id, err = epc.ParseURI(c.URI)
	case c.Serial != "":
		id, err = epc.NewGDTI(c.Prefix, c.DocType, c.Serial)
	default:
		return nil, errors.New("say what to write: --serial with --prefix and --type, or --uri, or --epc")
	}
	if err != nil {
		return nil, err
	}
	return epc.Encode(id)
}

// parseLocks reads the names of areas that are all to have one state.
func parseLocks(areas []string, state epc.LockState) ([]epc.LockChange, error) {
	changes := make([]epc.LockChange, 0, len(areas))
	for _, name := range areas {
		a, err := epc.ParseLockArea(name)
		if err != nil {
			return nil, err
		}
		changes = append(changes, epc.LockChange{Area: a, State: state})
	}
	return changes, nil
}

func (c *tagLock) do(ctx context.Context, out io.Writer) error {
	state, err := epc.ParseLockState(c.State)
	if err != nil {
		return err
	}
	if state.Permanent() && !c.Permanently {
		return fmt.Errorf("%v can never be undone by anybody: add --permanently if that is meant", state)
	}
	locks, err := parseLocks(c.Area, state)
	if err != nil {
		return err
	}
	return c.carryOut(ctx, out, enrol.Plan{Locks: locks}, c.presentPassword, newPasswords{})
}

func (c *tagPassword) do(ctx context.Context, out io.Writer) error {
	if c.NewAccessPassword == "" && c.NewKillPassword == "" {
		return errors.New("say which password to set: --new-access-password, --new-kill-password, or both")
	}
	return c.carryOut(ctx, out, enrol.Plan{}, c.presentPassword, c.newPasswords)
}

// killWord must be said by whoever destroys a tag.
const killWord = "destroy"

func (c *tagKill) do(ctx context.Context, out io.Writer) error {
	word := c.Word
	if word == "" {
		var err error
		if word, err = askTerminal(ctx, "The tag is destroyed for ever. Type "+killWord+" to go on 标签将永久失效，输入 "+killWord+" 继续: "); err != nil {
			return err
		}
	}
	if word != killWord {
		return fmt.Errorf("nothing was done: the word was not %s", killWord)
	}
	password, err := tagSecret(ctx, "kill password 灭活密码", c.KillPassword, false)
	if err != nil {
		return err
	}
	return c.carryOut(ctx, out, enrol.Plan{Kill: password}, presentPassword{}, newPasswords{})
}

// carryOut collects the passwords and carries out a plan.
func (c *deskFlags) carryOut(ctx context.Context, out io.Writer, plan enrol.Plan, present presentPassword, fresh newPasswords) error {
	for _, s := range []struct {
		into  *epc.Password
		what  string
		from  string
		twice bool
	}{
		{&plan.Access, "access password 访问密码", present.AccessPassword, false},
		{&plan.NewAccess, "new access password 新访问密码", fresh.NewAccessPassword, true},
		{&plan.NewKill, "new kill password 新灭活密码", fresh.NewKillPassword, true},
	} {
		if s.from == "" {
			continue
		}
		var err error
		if *s.into, err = tagSecret(ctx, s.what, s.from, s.twice); err != nil {
			return err
		}
	}
	return c.at(ctx, out, func(d *uhf.Desk, named []byte) (enrol.Outcome, error) {
		plan.Tag = named
		return enrol.Do(ctx, d, plan)
	})
}

// at opens the desk, has something done at it, and prints what came of it.
func (c *deskFlags) at(ctx context.Context, out io.Writer, do func(d *uhf.Desk, named []byte) (enrol.Outcome, error)) (err error) {
	var named []byte
	if c.Tag != "" {
		if named, err = parseTagHex("--tag", c.Tag); err != nil {
			return err
		}
	}
	desk, link, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, link.Close()) }()
	outcome, err := do(desk, named)
	return errors.Join(err, printOutcome(out, desk.Identity(), outcome, err, c.JSON))
}

// open opens the line at the speed at which the reader answers.
func (c *deskFlags) open(ctx context.Context) (*uhf.Desk, devices.Link, error) {
	usual, err := uhf.BaudDefault(c.Protocol)
	if err != nil {
		return nil, nil, err
	}
	bauds := uhf.BaudsToTry(c.Protocol, usual)
	if c.Baud != 0 {
		bauds = []int{c.Baud}
	}
	regions := map[string]uhf.Region{"china": uhf.RegionChina, "us": uhf.RegionUS, "eu": uhf.RegionEU, "korea": uhf.RegionKorea}
	settings := uhf.Settings{
		Device: "desk", Protocol: c.Protocol, Antennas: []uint8{c.Antenna}, PowerDBm: c.Power, Region: regions[c.Region], Log: slog.New(slog.DiscardHandler),
	}
	for _, baud := range bauds {
		link, failed := openDeskLine(ctx, c.Port, c.Protocol, baud)
		if failed != nil {
			return nil, nil, failed
		}
		desk, failed := uhf.OpenDesk(ctx, link, settings)
		if failed == nil {
			return desk, link, nil
		}
		err = errors.Join(failed, link.Close())
		if code := devices.CodeOf(failed); code != devices.CodeNoAnswer && code != devices.CodeGarbage {
			break
		}
	}
	return nil, nil, err
}

// openDeskLine opens a line that nobody else has open; the daemon may.
func openDeskLine(ctx context.Context, port, protocol string, baud int) (devices.Link, error) {
	link, err := serialport.Open(ctx, serialport.Settings{Port: port, Baud: baud, EvenParity: uhf.EvenParity(protocol)})
	if errors.Is(err, devices.ErrBusy) {
		return nil, fmt.Errorf("%w; if that is the daemon, stop it or take this reader out of its configuration first 串口正被占用，请先停止守护进程", err)
	}
	return link, err
}

// parseTagHex reads an EPC or a TID.
func parseTagHex(flag, text string) ([]byte, error) {
	raw, err := hex.DecodeString(strings.NewReplacer(" ", "", "-", "").Replace(text))
	if err != nil || len(raw) == 0 || len(raw)%2 != 0 || len(raw) > epc.MaxEPCBytes {
		return nil, fmt.Errorf("%s %q: want 1 to 31 words of 4 hexadecimal digits", flag, text)
	}
	return raw, nil
}
