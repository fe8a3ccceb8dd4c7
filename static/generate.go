package static

// Each file of src/entries becomes one file of dist: a script or a style sheet
// with all that it imports, minified. Scripts have a source map, see [Handler]. The
// font of icons stays a file of its own.
//
//go:generate go run ./iconfont
//go:generate go tool esbuild src/entries/*.js --bundle --minify --sourcemap=external --outdir=dist --log-level=warning
//go:generate go tool esbuild src/entries/*.css --bundle --external:*.otf --minify --outdir=dist --log-level=warning
