package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"
)

// BenchmarkClick measures how long a click on Hold or Resume takes at the home of the
// team, and through another node. Its figure is the median.
func BenchmarkClick(b *testing.B) {
	in := newInstallation(b)
	home, between := in.nodes["b"], in.nodes["a"]
	cookie := in.signInAt(home, "w0")
	in.h = home.h
	call := in.connected(&browser{d: in.dashboard, in: SignIn{Account: in.account, User: "w0"}}, "+4930555123")
	for _, route := range []struct {
		name string
		node *realNode
	}{{"home", home}, {"between", between}} {
		b.Run(route.name, func(b *testing.B) {
			var took []time.Duration
			for on := true; b.Loop(); on = !on {
				start := time.Now()
				resp, page := route.node.send(b, "POST", "/calls/"+string(call.ID)+"/hold", "value="+strconv.FormatBool(on), cookie)
				took = append(took, time.Since(start))
				if resp.StatusCode != http.StatusSeeOther {
					b.Fatal(resp.StatusCode, page)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		})
	}
}
