package main

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxPEM bounds a file of certificates; a system's whole bundle is below 1 MiB.
const maxPEM = 8 << 20

// connection settles TLS, names, and how long it all may take.
func (s *settling) connection() (err error) {
	o := &s.out
	o.Insecure, o.HTTPVersion = s.insecure, s.httpVersion
	if o.Timeout, err = parseTimeout(s.timeout); err != nil {
		return err
	}
	if len(s.resolve)+len(s.connectTo) > maxRules {
		return &usageError{Flag: "--resolve", Problem: "more than " + strconv.Itoa(maxRules) + " rules with --connect-to"}
	}
	for _, text := range s.resolve {
		rule, err := parseResolve(text)
		if err != nil {
			return err
		}
		o.Network.Resolve = append(o.Network.Resolve, rule)
	}
	for _, text := range s.connectTo {
		rule, err := parseConnectTo(text)
		if err != nil {
			return err
		}
		o.Network.Connect = append(o.Network.Connect, rule)
	}
	if err := s.authorities(); err != nil {
		return err
	}
	return s.clientCertificate()
}

// parseTimeout reads a number of seconds, as curl has it, or a duration with units.
func parseTimeout(text string) (time.Duration, error) {
	if text == "" {
		return defaultTimeout, nil
	}
	d, err := time.ParseDuration(text)
	if seconds, numberErr := strconv.ParseFloat(text, 64); numberErr == nil && !math.IsNaN(seconds) {
		// Clamped before it is multiplied, which could overflow.
		d, err = time.Duration(max(-1, min(seconds, 2*maxTimeout.Seconds()))*float64(time.Second)), nil
	}
	switch {
	case err != nil:
		return 0, &usageError{Flag: "--timeout", Value: text, Problem: "is no time", Hint: "write seconds or a duration, as 10, 2.5, 500ms or 1m"}
	case d < time.Millisecond:
		return 0, &usageError{
			Flag: "--timeout", Value: text, Problem: "is less than a millisecond",
			Hint: "a check never waits for ever; write how long it may, as 30",
		}
	case d > maxTimeout:
		return 0, &usageError{Flag: "--timeout", Value: text, Problem: "is more than 24 hours", Hint: "write seconds or a duration, as 10 or 1m"}
	}
	return d, nil
}

// authorities reads --cacert.
func (s *settling) authorities() error {
	if s.caCert == "" {
		return nil
	}
	b, err := s.files.read("--cacert", s.caCert, maxPEM)
	if err != nil {
		return err
	}
	s.out.RootCAs = x509.NewCertPool()
	if !s.out.RootCAs.AppendCertsFromPEM(b) {
		return &usageError{
			Flag: "--cacert", Value: s.caCert, Problem: "holds no certificate",
			Hint: "a file in PEM form starts with -----BEGIN CERTIFICATE-----",
		}
	}
	return nil
}

// clientCertificate reads --cert and --key.
func (s *settling) clientCertificate() error {
	if s.cert == "" {
		if s.key != "" {
			return &usageError{Flag: "--key", Value: s.key, Problem: "a key alone is no client certificate", Hint: "add --cert FILE"}
		}
		return nil
	}
	name, password := splitCertificate(s.cert)
	password = cmp.Or(s.passphrase, password)
	certificate, err := s.files.read("--cert", name, maxPEM)
	if err != nil {
		return err
	}
	key, keyFlag, keyName := certificate, "--cert", name
	if s.key != "" {
		keyFlag, keyName = "--key", s.key
		if key, err = s.files.read("--key", s.key, maxPEM); err != nil {
			return err
		}
	}
	if key, err = decryptKey(key, password); err != nil {
		return &usageError{Flag: keyFlag, Value: keyName, Problem: err.Error(), Hint: "decrypt it first, as with: openssl pkey -in FILE -out NEW"}
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return &usageError{
			Flag: "--cert", Value: name, Problem: "is no client certificate with its key: " + err.Error(),
			Hint: "both in PEM form; name the key with --key if it is in another file",
		}
	}
	s.out.Certificates = []tls.Certificate{pair}
	return nil
}

// splitCertificate splits curl's FILE[:password]. A backslash keeps a colon in the name, and so does a drive's letter.
func splitCertificate(s string) (name, password string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == ':' || s[i+1] == '\\'):
			i++
		case s[i] == ':' && (i != 1 || i+1 >= len(s) || s[i+1] != '\\' && s[i+1] != '/'):
			return b.String(), s[i+1:]
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// decryptKey decrypts the private key among PEM blocks if it has a password of the old kind. Other blocks stay as they are.
func decryptKey(text []byte, password string) ([]byte, error) {
	var out bytes.Buffer
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" {
			return nil, errors.New("the key is encrypted in a form that cannot be read here (PKCS #8)")
		}
		//nolint:staticcheck // weak as this encryption is, it is what curl's FILE:password reads
		if x509.IsEncryptedPEMBlock(block) {
			if password == "" {
				return nil, errors.New("the key is encrypted and no password was given")
			}
			//nolint:staticcheck // see above
			der, err := x509.DecryptPEMBlock(block, []byte(password))
			if err != nil {
				return nil, errors.New("the key cannot be decrypted with this password")
			}
			block = &pem.Block{Type: block.Type, Bytes: der}
		}
		if err := pem.Encode(&out, block); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}
