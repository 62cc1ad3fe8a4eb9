package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"

	"trilock/alerts"
	"trilock/alerts/notify/webhook"
)

// desk is the security desk's own system: it receives the daemon's webhook and believes
// only what is signed with the secret that both know.
type desk struct {
	server   *http.Server
	listener net.Listener
	secret   func() []byte
	take     func(alerts.Notice)
}

// newDesk listens on a free port of the loopback interface.
func newDesk(secret func() []byte, take func(alerts.Notice)) (*desk, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &desk{listener: listener, secret: secret, take: take}
	d.server = &http.Server{Handler: http.HandlerFunc(d.receive), ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	return d, nil
}

func (d *desk) url() string { return "http://" + d.listener.Addr().String() + "/notices" }

// run serves until ctx ends.
func (d *desk) run(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() { _ = d.server.Close() })
	defer stop()
	_ = d.server.Serve(d.listener) // returns when ctx has ended
}

// maxNoticeBytes bounds what the desk reads: a notice is a few sentences.
const maxNoticeBytes = 64 << 10

func (d *desk) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNoticeBytes))
	if err != nil {
		http.Error(w, "notice too large", http.StatusRequestEntityTooLarge)
		return
	}
	var n alerts.Notice
	switch {
	case !d.signed(r.Header, body):
		http.Error(w, "not signed by the site", http.StatusForbidden)
	case json.Unmarshal(body, &n) != nil || n.ID == "" || n.ID != r.Header.Get(webhook.HeaderKey):
		http.Error(w, "not a notice", http.StatusBadRequest)
	default:
		d.take(n)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (d *desk) signed(h http.Header, body []byte) bool {
	mac := hmac.New(sha256.New, d.secret())
	mac.Write([]byte(h.Get(webhook.HeaderTimestamp) + "."))
	mac.Write(body)
	return hmac.Equal([]byte(h.Get(webhook.HeaderSignature)), []byte("sha256="+hex.EncodeToString(mac.Sum(nil))))
}
