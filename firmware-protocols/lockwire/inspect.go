package lockwire

// Inspected is a message that was taken apart without asking who signed it.
type Inspected struct {
	Algorithm Algorithm
	Role      Role
	Version   uint64
	Message   Message
	Signature []byte
}

// Inspect reads a message without its key, for somebody who looks into a capture: what it
// says nobody has vouched for. Nothing that acts on a message calls it; see OpenCommand
// and OpenEvent. The error is a *Refusal, with as much of the message as could be read.
func Inspect(message []byte) (Inspected, error) {
	e, wrong := parseEnvelope(message)
	if wrong.is() {
		return Inspected{}, wrong.error()
	}
	seen := Inspected{Algorithm: e.algorithm, Signature: append([]byte{}, e.signature...)}
	_, kind, version, wrong := openFrame(e.payload, Spoken())
	seen.Version = version
	if wrong.is() {
		return seen, wrong.error()
	}
	seen.Role = RoleCommand
	if kind >= KindChallenge {
		seen.Role = RoleEvent
	}
	m, err := DecodePayload(seen.Role, e.payload)
	if err != nil {
		return seen, err
	}
	seen.Message = m
	return seen, nil
}
