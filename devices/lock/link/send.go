package link

import (
	"context"
	"fmt"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// Send publishes commands in order, all or none: at QoS 1, never retained. absent says
// whether the lock of commands[i] may not be sent anything now, and why; it is asked for
// each, once no other command can come between, with whether there is a connection. Its
// error is Send's, and then nothing was sent to any. Otherwise Send returns when the
// broker has them all, or names the first lock that may not have got its command.
func (l *Link) Send(ctx context.Context, commands []Command, absent func(i int, connected bool) error) error {
	s, tokens, err := l.publish(ctx, commands, absent)
	if err != nil {
		return err
	}
	for i, token := range tokens {
		if err := s.settle(ctx, token, commandMax); err != nil {
			return fmt.Errorf("lock %s may not have got the command: %w", commands[i].Lock, err)
		}
	}
	return nil
}

// publish hands the commands to the connection while no other command can come between.
func (l *Link) publish(ctx context.Context, commands []Command, absent func(i int, connected bool) error) (*session, []mqtt.Token, error) {
	l.sendMu.Lock()
	defer l.sendMu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	s := l.session
	l.mu.Unlock()
	for i := range commands {
		if err := absent(i, s != nil); err != nil {
			return nil, nil, err
		}
		if s == nil {
			return nil, nil, errLost
		}
	}
	tokens := make([]mqtt.Token, len(commands))
	for i, c := range commands {
		tokens[i] = s.client.Publish(c.Topic, 1, false, c.Payload)
	}
	return s, tokens, nil
}
