// Package explain turns what package fetch finds into words: a trace into a [Report] (the verdict, every step, every failure with
// its rule and its cure), and a reason's code into a [Page].
//
// All sentences of the browser half are here and nowhere else. They add nothing to what the trace says: whether a check passed is
// decided in package fetch, and explained here.
package explain
