// Command trilock is the operator's tool: what a technician needs at installation and an
// auditor once a month. It talks to files and to serial lines; the
// daemon need not run, and must not have a line that is probed, monitored or recorded.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"trilock/devices/uhf"
)

type commands struct {
	Check     check       `cmd:"" help:"Check a site's configuration and say every fault at once. 检查站点配置。"`
	Verify    verify      `cmd:"" help:"Check that the record is whole: nothing changed, nothing missing. 校验记录是否完整。"`
	PKI       pkiCmd      `cmd:"" name:"pki" help:"The site's certificate authority: certificates for the daemon, the broker and the locks. 站点证书。"`
	Key       keyCmd      `cmd:"" help:"Make a signing key (controller, lock), a badge reader's key, or a webhook secret. 生成密钥。"`
	Badge     badgeCmd    `cmd:"" help:"Work on badge readers, by two persons: keys, installing, addresses, speed. 读卡器维护。"`
	Decode    decode      `cmd:"" help:"Say what the bytes of a line mean, one JSON object for each frame. 解码线路数据。"`
	Devices   devicesCmd  `cmd:"" help:"Serial ports: what is plugged in, who answers (--probe), what a reader reads (--monitor). 串口与设备。"`
	Tag       tagCmd      `cmd:"" help:"Work on tags at an enrolment desk: read, write, lock, set passwords, destroy. 标签读写。"`
	Lock      lockCmd     `cmd:"" help:"Locks: the access list of a site's own mosquitto. 锁：站点自有 mosquitto 的访问控制表。"`
	Record    recordCmd   `cmd:"" help:"Write down what goes over a line, as bytes and as what they mean. 录制线路。"`
	Calibrate calibrate   `cmd:"" help:"Learn from a guided walk how each antenna hears each place: reads and the truth in, parameters for replay --learnt out. 标定天线。"`
	Replay    replay      `cmd:"" help:"Run the estimate of where tags are over a recorded stream of reads, and score it. 回放读取记录。"`
	Calendar  calendarCmd `cmd:"" help:"Print a year of the working calendar: hours, holidays, make-up days, the site's own days. 打印全年工作日历。"`
	Rules     rulesCmd    `cmd:"" help:"List the rules that the system carries out, with the scenario that proves each. 列出所执行的规则及其验证场景。"`
	Token     token       `cmd:"" help:"Make an access token and print the hash for the configuration. 生成访问口令。"`
}

func main() {
	var c commands
	parsed := kong.Parse(&c, kong.Name("trilock"), kong.Description("The operator's tool of trilock, a document custody system. 涉密文件保管系统的维护工具。"), kong.UsageOnError(), kong.Vars{"protocols": dialectNames(), "desks": strings.Join(uhf.DeskProtocols(), ", ")})
	if err := parsed.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "trilock:", err)
		os.Exit(1)
	}
}
