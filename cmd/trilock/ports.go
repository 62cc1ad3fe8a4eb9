package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// port is one serial port of this machine.
type port struct {
	// Path is the device, for example /dev/ttyUSB0; it changes with the order of plugging.
	Path string
	// Stable is the adapter's own name below /dev/serial/by-id, or "".
	Stable string
	// USB is "vendor:product" in hexadecimal, or "" for a port that is built in.
	USB string
	// About is what the adapter says about itself: maker, product, serial number.
	About string
}

// name returns the path to write into a configuration.
func (p port) name() string {
	if p.Stable != "" {
		return p.Stable
	}
	return p.Path
}

// machine is where ports are looked for: "" in earnest.
type machine string

// ports returns the serial ports that have a device behind them, in the order of their paths.
func (m machine) ports() ([]port, error) {
	classes := filepath.Join(string(m), "/sys/class/tty")
	entries, err := os.ReadDir(classes)
	if err != nil {
		return nil, err
	}
	stable := m.stableNames()
	var found []port
	for _, e := range entries {
		folder := filepath.Join(classes, e.Name())
		device, err := filepath.EvalSymlinks(filepath.Join(folder, "device"))
		if err != nil || isEmptySlot(folder, device) {
			continue // consoles and pseudo terminals have no device
		}
		p := port{Path: "/dev/" + e.Name(), Stable: stable[e.Name()]}
		p.USB, p.About = usbOf(device)
		found = append(found, p)
	}
	slices.SortFunc(found, func(a, b port) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
}

// isEmptySlot reports a port that the kernel keeps a name for and has found no chip of.
func isEmptySlot(folder, device string) bool {
	driver, err := os.Readlink(filepath.Join(device, "driver"))
	if err != nil || !strings.HasSuffix(driver, "serial8250") && !strings.HasSuffix(driver, "/port") {
		return false
	}
	return firstLine(filepath.Join(folder, "type")) == "0"
}

// stableNames maps the names of devices to their paths below /dev/serial/by-id.
func (m machine) stableNames() map[string]string {
	const folder = "/dev/serial/by-id"
	names := map[string]string{}
	entries, err := os.ReadDir(filepath.Join(string(m), folder))
	if err != nil {
		return names // there is none without a USB adapter
	}
	for _, e := range entries {
		if target, err := os.Readlink(filepath.Join(string(m), folder, e.Name())); err == nil {
			names[filepath.Base(target)] = filepath.Join(folder, e.Name())
		}
	}
	return names
}

// usbLevels is how far above a port its USB device lies: port, interface, device, and hubs
// whose numbers are not meant.
const usbLevels = 4

// usbOf looks for the USB device that a port belongs to.
func usbOf(device string) (id, about string) {
	for range usbLevels {
		vendor := firstLine(filepath.Join(device, "idVendor"))
		if vendor != "" {
			words := []string{
				firstLine(filepath.Join(device, "manufacturer")), firstLine(filepath.Join(device, "product")),
				firstLine(filepath.Join(device, "serial")),
			}
			words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
			return vendor + ":" + firstLine(filepath.Join(device, "idProduct")), strings.Join(words, " ")
		}
		device = filepath.Dir(device)
	}
	return "", ""
}

// firstLine returns a small file's first line, fit for a terminal; "" when it cannot be read.
func firstLine(path string) string {
	raw, err := os.ReadFile(path) //nolint:gosec // below /sys
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	return printable([]byte(strings.TrimSpace(line)))
}
