// Package e2e holds tests that put real browsers beside Drawbridge: what they come to, and what they send. It has no code of its own;
// it is never released.
//
// The browsers come from the distribution; package browser says which, starts them and ends them. Everything stays on this machine's
// loopback interface. Package page is what a browser opens, package tap what it talks to.
package e2e
