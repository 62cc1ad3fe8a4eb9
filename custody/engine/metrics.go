package engine

import (
	"github.com/prometheus/client_golang/prometheus"

	"trilock/custody"
	"trilock/custody/fact"
	"trilock/custody/journal"
)

// Metrics are the engine's figures. Labels come from the configuration and from this
// program's own words: never a tag, a person or a document.
type Metrics struct {
	entries  *prometheus.CounterVec
	alerts   *prometheus.CounterVec
	notices  prometheus.Counter
	rounds   *prometheus.CounterVec
	reads    *prometheus.CounterVec
	deviceUp *prometheus.GaugeVec
	isReady  prometheus.Gauge
}

// NewMetrics registers the engine's figures with reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		entries:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "trilock_record_entries_total", Help: "Entries committed to the record since the daemon started, by kind."}, []string{"kind"}),
		alerts:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "trilock_alerts_raised_total", Help: "Alerts raised since the daemon started, by kind."}, []string{"kind"}),
		notices:  prometheus.NewCounter(prometheus.CounterOpts{Name: "trilock_notices_posted_total", Help: "Notices put into the outbox since the daemon started, one per channel."}),
		rounds:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "trilock_inventory_rounds_total", Help: "Completed inventory rounds, empty ones included."}, []string{"reader"}),
		reads:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "trilock_tag_reads_total", Help: "Tags heard in completed inventory rounds."}, []string{"reader"}),
		deviceUp: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "trilock_device_up", Help: "1 when the device answers, 0 when it does not."}, []string{"device"}),
		isReady:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "trilock_ready", Help: "1 when the daemon can decide, 0 when the record cannot be written."}),
	}
	reg.MustRegister(m.entries, m.alerts, m.notices, m.rounds, m.reads, m.deviceUp, m.isReady)
	m.ready(true)
	return m
}

func (m *Metrics) observe(f fact.Fact) {
	switch f := f.(type) {
	case fact.Round:
		m.rounds.WithLabelValues(string(f.Antenna.Reader)).Inc()
		m.reads.WithLabelValues(string(f.Antenna.Reader)).Add(float64(len(f.Reads)))
	case fact.DeviceReport:
		up := 0.0
		if f.State == fact.DeviceUp || f.State == fact.DeviceFault {
			up = 1
		}
		m.deviceUp.WithLabelValues(string(f.Device)).Set(up)
	}
}

func (m *Metrics) committed(b journal.Batch) {
	for _, e := range b.Entries {
		m.entries.WithLabelValues(e.Event.Kind()).Inc()
		if change, ok := e.Event.(*custody.AlertChanged); ok && change.Change.Code != "" {
			m.alerts.WithLabelValues(string(change.Change.Code)).Inc()
		}
	}
	m.notices.Add(float64(len(b.Notices)))
}

func (m *Metrics) ready(yes bool) {
	value := 0.0
	if yes {
		value = 1
	}
	m.isReady.Set(value)
}
