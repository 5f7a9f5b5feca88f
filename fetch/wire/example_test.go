package wire_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"

	"github.com/drawbridge-cors/drawbridge/fetch"
	"github.com/drawbridge-cors/drawbridge/fetch/wire"
)

// A server answers with a byte that package net/http would not let through.
func Example() {
	client, server := net.Pipe()
	go func() {
		r := bufio.NewReader(server)
		request, _ := readRequest(r)
		fmt.Printf("%q\n", request)
		io.WriteString(server, "HTTP/1.1 200 OK\r\nx-odd: a\x01b\r\nContent-Length: 2\r\n\r\nhi")
	}()
	dialer := dialerFunc(func(context.Context, string, string) (net.Conn, error) { return client, nil })

	transport := wire.New(dialer)
	defer transport.CloseIdleConnections()
	response, err := transport.Exchange(context.Background(), &fetch.HTTPRequest{
		Method: "GET",
		URL:    "http://api.example/v1",
		Header: []fetch.Field{{Name: "Origin", Value: "https://app.example"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	fmt.Printf("%d %q %s\n", response.Status, response.Header[0].Value, body)
	// Output:
	// "GET /v1 HTTP/1.1\r\nHost: api.example\r\nConnection: keep-alive\r\nOrigin: https://app.example\r\n\r\n"
	// 200 "a\x01b" hi
}
