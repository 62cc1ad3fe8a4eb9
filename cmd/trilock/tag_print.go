package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"trilock/custody/fact"
	"trilock/devices/uhf/enrol"
	"trilock/firmware-protocols/epc"
)

// printOutcome prints what came of the work on a tag: a table for people, or one JSON object.
func printOutcome(out io.Writer, reader string, o enrol.Outcome, failed error, asJSON bool) error {
	if asJSON {
		text, err := json.MarshalIndent(viewOutcome(reader, o, failed), "", "  ")
		if err == nil {
			_, err = fmt.Fprintf(out, "%s\n", text)
		}
		return err
	}
	rows := outcomeRows(reader, o, failed)
	for _, r := range rows {
		if _, err := fmt.Fprintf(out, "%-10s %s\n", r[0], r[1]); err != nil {
			return err
		}
	}
	return nil
}

// outcomeRows are the lines of the table.
func outcomeRows(reader string, o enrol.Outcome, failed error) [][2]string {
	rows := [][2]string{{"reader", reader}}
	for _, s := range o.Steps {
		text := s.Text()
		rows = append(rows, [2]string{"done", text.EN + " " + text.ZH})
	}
	if len(o.Before.EPC) > 0 {
		rows = append(rows, [2]string{"before", fmt.Sprintf("%X  %s", o.Before.EPC, epc.Decode(o.Before.EPC).TagURI())})
	}
	if len(o.After.EPC) > 0 {
		rows = append(rows, tagRows(o.After)...)
	}
	var f *enrol.Failure
	if errors.As(failed, &f) {
		rows = append(rows, [2]string{"EPC now", string(f.State)}, [2]string{"next", f.Next.EN}, [2]string{"下一步", f.Next.ZH})
	}
	return rows
}

func tagRows(t enrol.Tag) [][2]string {
	id := epc.Decode(t.EPC)
	rows := [][2]string{{"EPC", fmt.Sprintf("%X", t.EPC)}, {"URI", id.TagURI()}}
	if key := id.GS1Key(); key != "" {
		rows = append(rows, [2]string{"GS1", key})
	}
	rows = append(rows, [2]string{"PC", fmt.Sprintf("%04X (%d words)", uint16(t.PC), t.PC.Words())}, [2]string{"TID", fmt.Sprintf("%X", t.TID)})
	if tid, err := epc.ParseTID(t.TID); err == nil {
		chip := fmt.Sprintf("designer %03X model %03X", tid.Designer, tid.Model)
		if uri := tid.URI(); uri != "" {
			chip += " " + uri
		} else {
			chip += " (no serial number: this tag is known by its EPC alone)"
		}
		rows = append(rows, [2]string{"chip", chip})
	}
	if t.RSSIcdBm != fact.RSSIUnknown {
		rows = append(rows, [2]string{"strength", fmt.Sprintf("%.1f dBm", float64(t.RSSIcdBm)/100)})
	}
	return rows
}

func viewOutcome(reader string, o enrol.Outcome, failed error) object {
	view := object{{"reader", reader}, {"ok", failed == nil}}
	steps := make([]string, len(o.Steps))
	for i, s := range o.Steps {
		steps[i] = string(s)
	}
	view = view.with("steps", steps)
	if len(o.Before.EPC) > 0 {
		view = view.with("before", viewTag(o.Before))
	}
	if len(o.After.EPC) > 0 {
		view = view.with("tag", viewTag(o.After))
	}
	if failed == nil {
		return view
	}
	reason := object{{"text", failed.Error()}}
	var f *enrol.Failure
	if errors.As(failed, &f) {
		reason = object{{"step", string(f.Step)}, {"text", f.Err.Error()}, {"epc_now", string(f.State)}, {"next", object{{"zh", f.Next.ZH}, {"en", f.Next.EN}}}}
		if len(o.After.EPC) == 0 && len(f.Now.EPC) > 0 {
			view = view.with("tag", viewTag(f.Now))
		}
	}
	return view.with("error", reason)
}

func viewTag(t enrol.Tag) object {
	id := epc.Decode(t.EPC)
	view := object{{"epc", hexOf(t.EPC)}, {"scheme", id.Scheme.String()}, {"uri", id.URI()}, {"tag_uri", id.TagURI()}}
	if key := id.GS1Key(); key != "" {
		view = view.with("gs1", key)
	}
	view = view.with("pc", hex16(t.PC)).with("tid", hexOf(t.TID))
	if tid, err := epc.ParseTID(t.TID); err == nil && tid.URI() != "" {
		view = view.with("stid_uri", tid.URI())
	}
	if t.RSSIcdBm != fact.RSSIUnknown {
		view = view.with("rssi_dbm", decimal(float64(t.RSSIcdBm)/100))
	}
	return view
}
