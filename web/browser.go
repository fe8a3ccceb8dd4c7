package web

import "strings"

// Names of browsers and systems, by what their User-Agent contains. The first
// that matches counts: Edge and Opera call themselves Chrome too, Chrome calls
// itself Safari, Android calls itself Linux.
var (
	browserMarks = []struct{ mark, name string }{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systemMarks = []struct{ mark, name string }{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// BrowserName returns what people call the browser that sends the User-Agent
// agent, such as "Firefox, Linux". Parts that it does not recognize are left
// out.
func BrowserName(agent string) string {
	var found []string
	for _, marks := range [][]struct{ mark, name string }{browserMarks, systemMarks} {
		for _, m := range marks {
			if strings.Contains(agent, m.mark) {
				found = append(found, m.name)
				break
			}
		}
	}
	return strings.Join(found, ", ")
}
