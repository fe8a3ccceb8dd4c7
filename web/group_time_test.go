package web_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"callboard/web"
)

// joins adds a route whose sockets are sent on the returned channel.
func (b *bubble) joins(path string) chan *web.Socket {
	opened := make(chan *web.Socket, 1)
	b.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		err := b.srv.OpenSocket(w, r, "", func(k *web.Socket) func() {
			opened <- k
			return func() { b.ended.Add(1) }
		})
		if err != nil {
			b.t.Error(err)
		}
	})
	return opened
}

// TestABurstIsTwoWrites: the first of many changes is sent at once, what follows
// within 20 ms with one write, and a change in quiet times at once again.
func TestABurstIsTwoWrites(t *testing.T) {
	inBubble(t, func(b *bubble) {
		opened := b.joins("/feed")
		client, wire := b.dial("/feed", websocket.DialOptions{})
		defer client.CloseNow()
		var g web.Group
		g.Add(<-opened)
		type write struct {
			at     time.Duration
			frames int
		}
		var got []write
		begin := time.Now()
		go func() { // over a pipe, one Read gets what one Write has written
			buf := make([]byte, 1<<10)
			for {
				n, err := wire.Read(buf)
				if err != nil {
					return
				}
				got = append(got, write{time.Since(begin), n / 3})
			}
		}()
		burst := func() {
			for range 20 {
				g.Broadcast(frameOf("x"), nil)
			}
		}
		burst()
		synctest.Wait()
		time.Sleep(5 * time.Millisecond)
		burst()
		time.Sleep(17 * time.Millisecond)
		burst()
		time.Sleep(time.Second)
		g.Broadcast(frameOf("x"), nil)
		time.Sleep(time.Second)
		synctest.Wait()
		want := []write{{0, 1}, {20 * time.Millisecond, 39}, {40 * time.Millisecond, 20}, {1022 * time.Millisecond, 1}}
		if !slices.Equal(got, want) {
			t.Errorf("writes %v, want %v", got, want)
		}
	})
}

// TestMembersGetWhatConcernsThem: over random joinings, leavings and broadcasts,
// each socket gets its initial frames and then exactly the broadcasts since, its
// own ones in their places.
func TestMembersGetWhatConcernsThem(t *testing.T) {
	for seed := range uint64(20) {
		inBubble(t, func(b *bubble) {
			opened := b.joins("/feed")
			random := rand.New(rand.NewPCG(seed, 7))
			var g web.Group
			type browser struct {
				client   *websocket.Conn
				socket   *web.Socket
				member   bool
				want     []string // what it was sent
				awaiting []string // what it will be sent if it stays
				mu       sync.Mutex
				got      []string
			}
			var all []*browser
			for range 6 {
				c, _ := b.dial("/feed", websocket.DialOptions{})
				br := &browser{client: c, socket: <-opened}
				go func() {
					for {
						_, m, err := c.Read(b.t.Context())
						if err != nil {
							return
						}
						br.mu.Lock()
						br.got = append(br.got, string(m))
						br.mu.Unlock()
					}
				}()
				all = append(all, br)
			}
			settle := func() { // lets everything be sent
				time.Sleep(50 * time.Millisecond)
				synctest.Wait()
				for _, br := range all {
					br.want = append(br.want, br.awaiting...)
					br.awaiting = nil
				}
			}
			for i := range 200 {
				br := all[random.IntN(len(all))]
				switch random.IntN(10) {
				case 0, 1:
					if !br.member {
						hello := fmt.Sprint("hello ", i)
						if !g.Add(br.socket, frameOf(hello), frameOf("second")) {
							t.Fatal("not added")
						}
						br.member = true
						br.awaiting = append(br.awaiting, hello, "second")
					}
				case 2:
					if br.member {
						settle()
						g.Remove(br.socket)
						br.member = false
					}
				case 3:
					settle()
				case 4:
					time.Sleep(time.Duration(random.IntN(15)) * time.Millisecond)
				default:
					var f *web.Frame
					if random.IntN(5) > 0 {
						f = frameOf(fmt.Sprint(i))
					}
					own := map[*web.Socket]*web.Frame{}
					for j, other := range all {
						special := random.IntN(12)
						text := fmt.Sprint(i)
						switch {
						case special == 0:
							own[other.socket], text = nil, ""
						case special == 1:
							text = fmt.Sprint(i, " for ", j)
							own[other.socket] = frameOf(text)
						case f == nil:
							text = ""
						}
						if other.member && text != "" {
							other.awaiting = append(other.awaiting, text)
						}
					}
					g.Broadcast(f, own)
				}
			}
			settle()
			members := 0
			for i, br := range all {
				if br.member {
					members++
				}
				br.mu.Lock()
				if !slices.Equal(br.got, br.want) {
					t.Errorf("seed %d, browser %d got\n%s, want\n%s", seed, i, strings.Join(br.got, "|"), strings.Join(br.want, "|"))
				}
				br.mu.Unlock()
			}
			if g.Len() != members {
				t.Errorf("%d members, want %d", g.Len(), members)
			}
			for _, br := range all {
				br.client.CloseNow()
			}
			synctest.Wait()
			if g.Add(all[0].socket) {
				t.Error("a socket that has ended was added")
			}
		})
	}
}

// TestASocketOutlivesItsHandshake: by hours, without the time limits of an answer.
func TestASocketOutlivesItsHandshake(t *testing.T) {
	inBubble(t, func(b *bubble) {
		opened := b.joins("/feed")
		client, _ := b.dial("/feed", websocket.DialOptions{})
		k := <-opened
		messages := make(chan string)
		go func() {
			defer close(messages)
			for {
				_, m, err := client.Read(b.t.Context())
				if err != nil {
					return
				}
				messages <- string(m)
			}
		}()
		for i := range 5 {
			time.Sleep(47 * time.Minute)
			if !k.Send(frameOf(fmt.Sprint(i))) {
				t.Fatal("closed")
			}
			if got := <-messages; got != fmt.Sprint(i) {
				t.Errorf("%q, want %d", got, i)
			}
		}
		client.CloseNow()
		<-messages
	})
}
