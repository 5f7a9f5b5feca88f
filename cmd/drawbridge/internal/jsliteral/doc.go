// Package jsliteral finds out what a piece of JavaScript calls a function with, without running any of it: the code is parsed, and
// what stands in it is evaluated as far as literals go. Objects, arrays, templates and sums of strings are known, and the few
// functions and constructors that code for a request is full of: JSON.stringify, encodeURIComponent, btoa, new Headers and the like.
// What only a running page knows, a variable first of all, is an [*Error] that names it.
//
// The parser bounds how deep code nests, and a value stands for at most 16 MiB of text. The length of the code is the caller's to bound.
package jsliteral
