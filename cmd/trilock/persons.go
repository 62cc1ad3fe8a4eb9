package main

import (
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"trilock/configs"
	"trilock/custody/fact"
)

// tokenMax bounds one line of a token: they have 40 characters.
const tokenMax = 256

// twoPersons asks for the access tokens of two different persons, so that nobody does alone
// what needs two (DEV-1). A token is read from the terminal without being shown, or is one
// line each of what is piped in; it never stands in the command line, where others see it.
func twoPersons(site *configs.Site, in *os.File, out io.Writer) (by [2]fact.PersonID, err error) {
	lines := bufio.NewReaderSize(in, tokenMax)
	for i, which := range []string{"first", "second"} {
		fmt.Fprintf(out, "access token of the %s person 第%d人口令: ", which, i+1)
		token, err := readToken(in, lines)
		fmt.Fprintln(out)
		if err != nil {
			return by, err
		}
		if by[i], err = personOf(site, token); err != nil {
			return by, fmt.Errorf("the %s person: %w", which, err)
		}
	}
	if by[0] == by[1] {
		return by, errors.New("both tokens belong to one person: two different persons have to be there")
	}
	return by, nil
}

// readToken reads one line, unseen where in is a terminal.
func readToken(in *os.File, lines *bufio.Reader) (string, error) {
	fd := int(in.Fd()) //nolint:gosec // a file number
	if shown, err := unix.IoctlGetTermios(fd, unix.TCGETS); err == nil {
		hidden := *shown
		hidden.Lflag &^= unix.ECHO
		if err := unix.IoctlSetTermios(fd, unix.TCSETS, &hidden); err != nil {
			return "", fmt.Errorf("the terminal would show the token: %w", err)
		}
		defer func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, shown) }()
	}
	line, err := lines.ReadSlice('\n')
	if err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)) {
		return "", errors.New("no token: give the tokens of two persons, one on each line")
	}
	return strings.TrimSpace(string(line)), nil
}

// personOf returns whose token it is. Who only looks, and who checks what others did, may
// not do this work (REC-3).
func personOf(site *configs.Site, token string) (fact.PersonID, error) {
	hash := sha256.Sum256([]byte(token))
	for _, a := range site.Access {
		if subtle.ConstantTimeCompare(a.Token[:], hash[:]) != 1 {
			continue
		}
		if a.Person == "" || a.Role == configs.RoleObserver || a.Role == configs.RoleAuditor {
			return "", fmt.Errorf("account %s (%s) may not work on readers", a.Name, a.Role)
		}
		return fact.PersonID(a.Person), nil
	}
	return "", errors.New("the token is not known")
}
