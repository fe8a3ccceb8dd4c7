//go:build release

package handlers

import "net/http"

func (h *handlers) showGallery(http.ResponseWriter, *http.Request) error { return errNotFound }
func (h *handlers) showExample(http.ResponseWriter, *http.Request) error { return errNotFound }
