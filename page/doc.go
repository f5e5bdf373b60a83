// Package page is a collector extension that serves a page: are we fast, at a look.
//
// A reader's request becomes a window and filters (window.go), a view asks questions about them
// (view.go and the files named after views), each question is a call of a function of the table
// (call.go), and its answer is cached for seconds and asked once however many wait for it
// (asker.go). The page keeps no state of its own and writes nothing.
package page
