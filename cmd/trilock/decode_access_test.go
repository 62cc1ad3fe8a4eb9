package main

import (
	"encoding/json"
	"testing"
)

// TestDecodeAccess: what work on tags looks like on each line. The frames are those of the
// codecs' own tables.
func TestDecodeAccess(t *testing.T) {
	for _, v := range []struct{ protocol, wire, want string }{
		{"gx-5a", "5A00010211002500000001010001000430002C1501001002000060E2801160200062A6DAE9092902C0FFEE01A666", `"access_password":"C0FFEE01","bank":1,"word_addr":1,"words":"30002C15","select_bank":2,"select_bit":0,"select_mask":"E2801160200062A6DAE90929"}`},
		{"gx-5a", "5A00010212001E00000001020101001002000060E2801160200062A6DAE9092902C0FFEE0147BB", `"lock_area":"epc","lock_state":"locked","select_bank":2,"select_bit":0,"select_mask":"E2801160200062A6DAE90929"}`},
		{"gx-5a", "5A000102100021000000010001001002000060E2801160200062A6DAE909290400020205C0FFEE01EEA2", `"bank":0,"word_addr":2,"word_count":2,"select_bank":2,"select_bit":0,"select_mask":"E2801160200062A6DAE90929"}`},
		{"gx-5a", "5A00010213001B00000001DEADBEEF01001002000060E2801160200062A6DAE90929E1FD", `"kill_password":"DEADBEEF","select_bank":2,"select_bit":0,"select_mask":"E2801160200062A6DAE90929"}`},
		{"r2000-a0", "A00A0181020006C0FFEE011E", `"request":true,"access_password":"C0FFEE01","bank":2,"word_addr":0,"word_count":6}`},
		{"r2000-a0", "A00E0182C0FFEE0101010230002C15AC", `"request":true,"access_password":"C0FFEE01","bank":1,"word_addr":1,"words":"30002C15"}`},
		{"r2000-a0", "A0090183C0FFEE01030121", `"request":true,"access_password":"C0FFEE01","lock_area":"epc","lock_state":"locked"}`},
		{"r2000-a0", "A0070184DEADBEEF9C", `"request":true,"kill_password":"DEADBEEF"}`},
		{"r2000-a0", "A0110185000C2C15A537C8000E0000000001C9", `"request":true,"match_epc":"2C15A537C8000E0000000001"}`},
		{"r2000-a0", "A004018501D5", `"request":true,"match_epc":""}`},
		{"r2000-a0", "A01D018100011430002C15A537C8000E000000000176ABE2801160040C0183", `"tags":1,"pc":"3000","epc":"2C15A537C8000E0000000001","words":"E2801160"}`},
		{"r2000-a0", "A019018200011030002C15A537C8000E000000000176AB400C0121", `"tags":1,"pc":"3000","epc":"2C15A537C8000E0000000001","result":"40"}`},
		{"r2000-a0", "A004018136A4", `"result":"36"}`},
		{"uhfreader18-288", "180002062C15A537C8000E0000000001020006000000003A99", `"request":true,"access_password":"00000000","bank":2,"word_addr":0,"word_count":6,"epc":"2C15A537C8000E0000000001"}`},
		{"uhfreader18-288", "1B0006FF0003C0FFEE0102000060E2801160200062A6DAE909290039", `"lock_area":"kill","lock_state":"perma-locked","select_bank":2,"select_bit":0,"select_mask":"E2801160200062A6DAE90929"}`},
		{"uhfreader18-288", "1C000302062C15A537C8000E00000000010002C0FFEE0100000000E4E1", `"bank":0,"word_addr":2,"words":"C0FFEE01","epc":"2C15A537C8000E0000000001"}`},
		{"uhfreader18-288", "150005062C15A537C8000E0000000001DEADBEEFB291", `"kill_password":"DEADBEEF","epc":"2C15A537C8000E0000000001"}`},
		{"thingmagic", "FF1E2803E8040200000000060000000000000020602C15A537C8000E00000000011572", `"bank":2,"word_addr":0,"word_count":6,"select_bank":1,"select_bit":32,"select_mask":"2C15A537C8000E0000000001"}`},
		{"thingmagic", "FF212403E8020000000101C0FFEE010000000060E2801160200062A6DAE9092930002C15D673", `"word_addr":1,"words":"30002C15","select_bank":2,"select_bit":0,"select_mask":"E2801160200062A6DAE90929"}`},
		{"thingmagic", "FF1C2503E802C0FFEE01003000200000000060E2801160200062A6DAE9092932F0", `"lock_mask":"0030","lock_action":"0020","select_bank":2,"select_bit":0,"select_mask":"E2801160200062A6DAE90929"}`},
		{"thingmagic", "FF192603E802DEADBEEF000000000060E2801160200062A6DAE90929B666", `"kill_password":"DEADBEEF","select_bank":2,"select_bit":0,"select_mask":"E2801160200062A6DAE90929"}`},
		{"m100-r200", "BB00820007C0FFEE010FC2A0A87E", `"access_password":"C0FFEE01","lock_mask":"03F0","lock_action":"02A0"}`},
		{"feig-obid", "1600B02401E004010012345678050104AABBCCDDD36A", `"request":true,"uid":"E004010012345678","first_block":5,"blocks":1,"block_size":4,"content":"AABBCCDD"}`},
	} {
		d, err := dialectNamed(v.protocol)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := parseHex([]byte(v.wire))
		if err != nil {
			t.Fatal(err)
		}
		objects := d.decode(lines, decodeSettings{})
		if len(objects) != 1 || isBad(objects[0]) {
			t.Errorf("%s: %v", v.wire, objects)
			continue
		}
		text, err := json.Marshal(objects[0])
		if got := string(text); err != nil || len(got) < len(v.want) || got[len(got)-len(v.want):] != v.want {
			t.Errorf("%s %s:\n got %s\nwant …%s", v.protocol, v.wire, got, v.want)
		}
	}
}
