// Package views renders pages, and the fragments that the feed sends.
//
// A view is a templ component with a model. The model contains exactly what is
// displayed, as formatted strings where it can; the functions that make it from
// a value of the switchboard are next to the component and are tested without
// HTML. Render a component into a buffer, so that an error never leaves half a
// page.
//
// A dialog is a page of its own without JavaScript. With JavaScript, the same URL
// is fetched into a modal dialog: set [Page].Fragment to render only its content.
//
// The feed sends one [Frame] per message: first #board with [BoardList], then
// #status with [Status] and #preferences with [Preferences], then single rows with
// the target "#" + [RowDOMID]. An error response to a form carries a [Notice],
// which script shows above the page.
package views

//go:generate go tool templ generate
