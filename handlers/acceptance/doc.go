// Package acceptance tests the whole program from outside: its tests build it,
// start it beside the simulated sipgate, and use it over HTTP as people, browsers
// without script, programs and sipgate do. It also tests rules that hold for the
// whole tree. Tests that need a browser are in package browser below.
package acceptance
