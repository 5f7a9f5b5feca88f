package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// newPair makes a certificate and its key, plain and encrypted with the password "pw".
func newPair(t *testing.T) (certificate, key, encrypted string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	//nolint:staticcheck // the old form is what is tested
	block, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", keyDER, []byte("pw"), x509.PEMCipherAES256)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})),
		string(pem.EncodeToMemory(block))
}

func TestClientCertificate(t *testing.T) {
	t.Parallel()
	certificate, key, encrypted := newPair(t)
	_, otherKey, _ := newPair(t)
	named := map[string]string{
		"cert.pem": certificate, "key.pem": key, "both.pem": certificate + key, "secret.pem": encrypted, "bothsecret.pem": encrypted + certificate,
		"other.pem": otherKey, "empty.pem": "", "pkcs8.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
	}
	for _, c := range []struct {
		name string
		args []string
		want string // empty if it is right
	}{
		{"two files", []string{"--cert", "cert.pem", "--key", "key.pem"}, ""},
		{"one file", []string{"-E", "both.pem"}, ""},
		{"a password after the colon", []string{"-E", "cert.pem:pw", "--key", "secret.pem"}, ""},
		{"a password by --pass", []string{"-E", "bothsecret.pem", "--pass", "pw"}, ""},
		{"a password that is not needed", []string{"-E", "both.pem:pw"}, ""},
		{"a wrong password", []string{"-E", "bothsecret.pem:no"}, "cannot be decrypted"},
		{"no password", []string{"-E", "bothsecret.pem"}, "no password"},
		{"another's key", []string{"-E", "cert.pem", "--key", "other.pem"}, "is no client certificate with its key"},
		{"no key", []string{"-E", "cert.pem"}, "--key"},
		{"nothing in it", []string{"-E", "empty.pem"}, "PEM"},
		{"a key that cannot be read", []string{"-E", "cert.pem", "--key", "pkcs8.pem"}, "openssl"},
		{"an authority", []string{"--cacert", "cert.pem"}, ""},
		{"an authority that is none", []string{"--cacert", "key.pem"}, "no certificate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, err := parseCheck(append([]string{target}, c.args...), testFiles("", named))
			if c.want != "" {
				wantUsageError(t, err, c.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(o.Certificates) != 1 && o.RootCAs == nil {
				t.Error("got neither a certificate nor authorities")
			}
		})
	}
}
