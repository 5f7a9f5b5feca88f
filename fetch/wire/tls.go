package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/drawbridge-cors/drawbridge/fetch"
)

// handshake secures raw, or closes it.
func (t *Transport) handshake(ctx context.Context, raw net.Conn, where target, credentials bool) (*tls.Conn, error) {
	secure := tls.Client(raw, t.tlsConfig(where.host, credentials))
	err := secure.HandshakeContext(ctx)
	if err == nil {
		return secure, nil
	}
	raw.Close()
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		// NOTE: crypto/tls only says that the first record "does not look like" one. The likeliest cause deserves its name.
		if string(record.RecordHeader[:]) == "HTTP/" {
			err = fmt.Errorf("the server speaks plain HTTP on this port: %w", err)
		} else {
			err = fmt.Errorf("the server does not speak TLS on this port: %w", err)
		}
	}
	const stage = "TLS handshake"
	reason := fetch.Classify(err)
	if ctx.Err() != nil || reason == fetch.NetworkTimeout || reason == fetch.Aborted {
		return nil, stageError(ctx, stage, err)
	}
	// Whatever else ends a handshake, a closed connection included, is a failure of TLS to whoever waits for it.
	return nil, &fetch.NetworkError{Reason: fetch.NetworkTLS, Err: fmt.Errorf("wire: %s: %w", stage, err)}
}

// tlsConfig is what was lent, for this server and with or without the user's identity.
func (t *Transport) tlsConfig(host string, credentials bool) *tls.Config {
	config := t.tls.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	config.ServerName = host
	config.NextProtos = []string{"h2", "http/1.1"}
	if t.http1Only {
		config.NextProtos = []string{"http/1.1"}
	}
	if !credentials {
		config.Certificates = nil
		config.GetClientCertificate = nil
		// NOTE: a resumed session is authenticated by the certificate of the one before it.
		config.ClientSessionCache = nil
	}
	return config
}
