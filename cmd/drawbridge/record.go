package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/header"
)

// A recorder keeps the heads of all exchanges that pass through it, so that another browser's verdict can be computed without
// asking the server again.
type recorder struct {
	inner fetch.Transport

	mu        sync.Mutex
	exchanges []exchange
}

// An exchange is one recorded request with its outcome.
type exchange struct {
	request  fetch.HTTPRequest
	response *fetch.HTTPResponse
	err      error
}

// Exchange implements [fetch.Transport].
func (r *recorder) Exchange(ctx context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	response, err := r.inner.Exchange(ctx, request)
	kept := exchange{request: *request, err: err}
	kept.request.Body = nil
	if response != nil {
		head := *response
		head.Body = nil
		kept.response = &head
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = append(r.exchanges, kept)
	return response, err
}

// forget drops what was recorded so far.
func (r *recorder) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges = nil
}

// replay returns a transport that answers from what was recorded.
func (r *recorder) replay() *replayer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return &replayer{record: r, left: slices.Clone(r.exchanges)}
}

// A replayer answers each request with the first recorded exchange of the same method, URL and headers that it has not used yet. A GET,
// HEAD or OPTIONS that was not recorded is sent, unless silent; others never are.
type replayer struct {
	record *recorder
	left   []exchange
	silent bool
	// missed is true once there was no answer.
	missed bool
}

// errNotRecorded means that a browser would have sent a request that was not sent.
var errNotRecorded = errors.New("no such request was sent")

// Exchange implements [fetch.Transport].
func (p *replayer) Exchange(ctx context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	for i, x := range p.left {
		if x.request.Method != request.Method || x.request.URL != request.URL || !slices.Equal(x.request.Header, request.Header) {
			continue
		}
		p.left = slices.Delete(p.left, i, i+1)
		if x.err != nil {
			return nil, x.err
		}
		response := *x.response
		response.Body = http.NoBody
		return &response, nil
	}
	if safe := request.Method == "GET" || request.Method == "HEAD" || request.Method == "OPTIONS"; safe && !p.silent {
		return p.record.Exchange(ctx, request)
	}
	p.missed = true
	return nil, &fetch.NetworkError{Reason: fetch.NetworkFailed, Err: errNotRecorded}
}

// A grantor answers preflights itself, saying yes to all that they ask, and passes everything else on. Only --probe-actual uses it: it
// sends what no browser would.
type grantor struct {
	inner fetch.Transport
}

// Exchange implements [fetch.Transport].
func (g grantor) Exchange(ctx context.Context, request *fetch.HTTPRequest) (*fetch.HTTPResponse, error) {
	asked := header.List(request.Header)
	method, preflight := asked.Get(header.AccessControlRequestMethod)
	if request.Method != http.MethodOptions || !preflight {
		return g.inner.Exchange(ctx, request)
	}
	page, _ := asked.Get(header.Origin)
	names, _ := asked.Get(header.AccessControlRequestHeaders)
	return &fetch.HTTPResponse{
		Status: http.StatusNoContent,
		Header: []fetch.Field{
			{Name: header.AccessControlAllowOrigin, Value: page},
			{Name: header.AccessControlAllowCredentials, Value: "true"},
			{Name: header.AccessControlAllowMethods, Value: method},
			{Name: header.AccessControlAllowHeaders, Value: names},
			{Name: header.AccessControlMaxAge, Value: "0"},
		},
		Body: io.NopCloser(strings.NewReader("")),
	}, nil
}
