package header_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/drawbridge-cors/drawbridge/header"
)

// Hostile input has a megabyte; it must cost no more for each byte than honest input.
const megabyte = 1 << 20

func BenchmarkParse(b *testing.B) {
	inputs := map[string]func(n int) string{
		"honest":      func(int) string { return "Content-Type, X-Requested-With, Authorization" },
		"many-tokens": func(n int) string { return strings.Repeat("a,", n/2) },
		"commas":      func(n int) string { return strings.Repeat(",", n) },
		"spaces":      func(n int) string { return strings.Repeat(" ", n) },
		"one-token":   func(n int) string { return strings.Repeat("a", n) },
		"quotes":      func(n int) string { return strings.Repeat(`"`, n) },
		"backslashes": func(n int) string { return `"` + strings.Repeat(`\`, n-1) },
		"parameters": func(n int) string {
			var s strings.Builder
			s.WriteString("a/b")
			for i := 0; s.Len() < n; i++ {
				fmt.Fprintf(&s, ";%x=1", i)
			}
			return s.String()
		},
	}
	for op, f := range map[string]func(string){
		"names":  func(s string) { _, _ = header.ExtractNames([]string{s}) },
		"split":  func(s string) { _, _ = header.List{{Name: "a", Value: s}}.GetDecodeSplit("a") },
		"mime":   func(s string) { _, _ = header.ParseMIMEType("a/b;" + s) },
		"maxage": func(s string) { _, _ = header.ExtractMaxAge([]string{s}) },
		"range":  func(s string) { _, _ = header.ParseSingleRange("bytes="+s, true) },
	} {
		for name, input := range inputs {
			s := input(megabyte)
			b.Run("op="+op+"/input="+name, func(b *testing.B) {
				b.SetBytes(int64(len(s)))
				b.ReportAllocs()
				for b.Loop() {
					f(s)
				}
			})
		}
	}
}

func BenchmarkCheckRequestHeader(b *testing.B) {
	for name, field := range map[string]header.Field{
		"accept":       {Name: "accept", Value: "application/json, text/plain, */*"},
		"content-type": {Name: "Content-Type", Value: "text/plain;charset=UTF-8"},
		"json":         {Name: "content-type", Value: "application/json"},
		"other":        {Name: "X-Requested-With", Value: "XMLHttpRequest"},
		"hostile":      {Name: "Accept", Value: strings.Repeat("a", megabyte)},
	} {
		b.Run("header="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				header.CheckRequestHeader(field.Name, field.Value)
			}
		})
	}
}

func BenchmarkList(b *testing.B) {
	for _, n := range []int{10, 1000, 100_000} {
		var list header.List
		var exposed []string
		for i := range n {
			list = append(list, header.Field{Name: fmt.Sprintf("X-%d", i*7919%n), Value: "1"})
			exposed = append(exposed, fmt.Sprintf("x-%d", i))
		}
		for op, f := range map[string]func(){
			"sort-and-combine":    func() { list.SortAndCombine() },
			"safelisted-response": func() { list.SafelistedResponse(exposed) },
			"unsafe-names":        func() { header.UnsafeRequestHeaderNames(list) },
		} {
			b.Run(fmt.Sprintf("op=%s/lines=%d", op, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					f()
				}
			})
		}
	}
}
