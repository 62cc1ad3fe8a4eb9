package scenario

import (
	"strings"

	"trilock/custody"
	"trilock/custody/fact"
)

// Words says a step in a sentence, for who reads the scenario and not the file.
func (s Step) Words() fact.Text {
	t, known := phrases[s.Kind]
	if !known {
		return fact.Text{ZH: s.Kind, EN: s.Kind}
	}
	what := s.list(s.Kind)
	if s.Kind == "do" {
		t = fact.Text{ZH: "%[2]s：" + custody.VerbName(s.text("do")).ZH, EN: "%[2]s: " + custody.VerbName(s.text("do")).EN}
	}
	said := t
	if strings.Contains(t.ZH, "%") {
		said = t.Fill(what, s.list("as"), s.list("at"), s.list("to"), s.list("about"), s.list("by"), s.list("room"), s.list("door")+s.list("lamp"), s.list("way")+s.list("state")+s.list("bolt"))
	}
	if detail := s.details(); detail != "" {
		said = fact.Text{ZH: said.ZH + "（" + detail + "）", EN: said.EN + " (" + detail + ")"}
	}
	if code := s.text("refused"); code != "" {
		rule := s.text("rule")
		said = fact.Text{ZH: said.ZH + " —— 拒绝：" + code + " " + rule, EN: said.EN + " — refused: " + code + " " + rule}
	}
	return fact.Text{ZH: strings.TrimSpace(said.ZH), EN: strings.TrimSpace(said.EN)}
}

// phrases say each kind of step: 1 is what it names, 2 as, 3 at, 4 to, 5 about, 6 by, 7 room, 8 door or lamp, 9 way or state.
var phrases = map[string]fact.Text{
	"do":           {ZH: "%[2]s：%[1]s", EN: "%[2]s: %[1]s"},
	"badge":        {ZH: "%[1]s 在 %[3]s 刷卡", EN: "%[1]s badges at %[3]s"},
	"pin":          {ZH: "%[1]s 在 %[3]s 输入密码", EN: "%[1]s enters the PIN at %[3]s"},
	"duress-pin":   {ZH: "%[1]s 在 %[3]s 输入胁迫密码", EN: "%[1]s enters the duress PIN at %[3]s"},
	"card":         {ZH: "在 %[3]s 刷未登记的卡", EN: "a card that nobody holds is shown at %[3]s"},
	"lit":          {ZH: "%[1]s 显示 %[8]s", EN: "%[1]s shows %[8]s"},
	"move":         {ZH: "%[1]s 放到 %[4]s", EN: "%[1]s is laid down at %[4]s"},
	"pass":         {ZH: "%[1]s 经 %[8]s 被带 %[9]s", EN: "%[1]s is carried %[9]s through %[8]s"},
	"tag":          {ZH: "标签 %[1]s 出现在 %[3]s", EN: "tag %[1]s is heard at %[3]s"},
	"door":         {ZH: "门 %[1]s：%[9]s", EN: "the door %[1]s is %[9]s"},
	"press":        {ZH: "按下 %[1]s 的出门按钮", EN: "the exit button of %[1]s is pressed"},
	"enter":        {ZH: "%[1]s 刷卡进入 %[7]s", EN: "%[1]s badges into %[7]s"},
	"leave":        {ZH: "%[1]s 离开 %[7]s", EN: "%[1]s leaves %[7]s"},
	"open-safe":    {ZH: "%[6]s 开启 %[1]s", EN: "%[6]s open %[1]s"},
	"close-safe":   {ZH: "关闭 %[1]s，确认：%[6]s", EN: "%[1]s is shut, confirmed by %[6]s"},
	"lock":         {ZH: "锁 %[1]s 报告：%[9]s %[8]s", EN: "the lock %[1]s reports: %[9]s %[8]s"},
	"device":       {ZH: "设备 %[1]s：%[9]s", EN: "the device %[1]s is %[9]s"},
	"wait":         {ZH: "过 %[1]s", EN: "%[1]s later"},
	"until":        {ZH: "到 %[1]s", EN: "at %[1]s"},
	"restart":      {ZH: "系统重启", EN: "the daemon stops and starts"},
	"alert":        {ZH: "警报：%[1]s %[5]s", EN: "alert: %[1]s %[5]s"},
	"no-alert":     {ZH: "没有警报：%[1]s %[5]s", EN: "no alert: %[1]s %[5]s"},
	"recorded":     {ZH: "记录中有：%[1]s", EN: "the record holds: %[1]s"},
	"register":     {ZH: "登记簿 %[1]s 中有所列各项", EN: "the register %[1]s holds what is named"},
	"record":       {ZH: "校验记录（%[1]s）", EN: "the record, %[1]s, is checked"},
	"not-recorded": {ZH: "记录中没有：%[1]s", EN: "the record does not hold: %[1]s"},
}

func (s Step) list(key string) string {
	var words []string
	for _, w := range s.texts(key) {
		words = append(words, strings.TrimPrefix(w, "$"))
	}
	return strings.Join(words, ", ")
}

// details are the scalars of an act, in the order of the file.
func (s Step) details() string {
	node := s.keys["with"]
	var words []string
	if node == nil {
		return ""
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		text := value.Value
		if len(value.Content) > 0 {
			text = "…"
		}
		words = append(words, key+" "+strings.TrimPrefix(text, "$"))
	}
	return strings.Join(words, ", ")
}
