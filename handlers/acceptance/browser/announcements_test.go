package browser

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/announcement"
)

// soundCard returns the expression of the library's card with a label.
func soundCard(label string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".card.sound")].find(c => c.querySelector("h2").textContent === %q)`, label)
}

// queueLine returns the expression of a file's line in the queue.
func queueLine(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#queue .line")].find(l => l.querySelector(".name").textContent === %q)`, name)
}

// stored returns the announcement with a label as samples at 8 kHz.
func (p *tab) stored(label string) []int16 {
	p.t.Helper()
	p.until(`!!%s`, soundCard(label))
	wav := p.fetch(eval[string](p, soundCard(label)+`.querySelector("audio").getAttribute("src")`))
	samples, err := announcement.TelephoneSamples(wav)
	if err != nil {
		p.t.Fatalf("%s: %v", label, err)
	}
	return samples
}

// drop drops files on the page. The expression is a list of files, or the
// promise of one.
func (p *tab) drop(files string) {
	p.t.Helper()
	eval[bool](p, `(async () => {
		const carried = new DataTransfer();
		for (const f of await (`+files+`)) carried.items.add(f);
		const over = kind => document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
		over("dragenter");
		if (document.querySelector("#drop").hidden) throw new Error("nothing shows that files can be dropped");
		over("drop");
		if (!document.querySelector("#drop").hidden) throw new Error("still shown");
		return true;
	})()`)
}

// An admin uses the library: several files at once, dropped files, formats that
// only the browser reads, a voice from the microphone, renaming, sorting,
// removal.
func TestBrowserAnnouncements(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	dir := t.TempDir()
	spoken := filepath.Join(dir, "spoken.wav")
	write(t, spoken, harness.Steady(700, 20))
	b := newBrowser(t, s, chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-audio-capture", spoken))
	anna := b.newTab(t)
	anna.signIn("Anna")
	anna.do(chromedp.Navigate(s.URL + "/announcements"))
	anna.screenshot("announcements-none")
	testSeveral(t, s, anna, dir)
	testDropped(t, anna)
	testMicrophone(t, anna)
	testRenamed(t, anna)
	testReaders(t, b)
}

func write(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Several files are chosen at once. At most two are uploaded at a time, each
// has its own line, and the browser converts what the server cannot read.
func testSeveral(t *testing.T, s *harness.Stack, anna *tab, dir string) {
	var files []string
	for name, content := range map[string][]byte{"one.wav": harness.Steady(500, 2), "two.wav": harness.Steady(600, 2), "three.wav": harness.Steady(800, 2), "page.wav": []byte("<html>no sound</html>")} {
		write(t, filepath.Join(dir, name), content)
		files = append(files, filepath.Join(dir, name))
	}
	slices.Sort(files)
	converted := []string{"mpeg25-8k.mp3", "stereo.flac", "stereo.ogg"} // the server does not read them: MPEG-2.5, FLAC, Ogg Vorbis
	for _, name := range converted {
		files = append(files, harness.File(t, "sipgate/announcement/testdata/"+name))
	}
	anna.run(`window.seen = new Set(); window.most = 0;
		new MutationObserver(() => {
			const states = [...document.querySelectorAll("#queue .line")].map(l => l.dataset.state);
			states.forEach(s => seen.add(s));
			most = Math.max(most, states.filter(s => ["reading", "sending", "converting"].includes(s)).length);
		}).observe(document.querySelector("#queue"), {subtree: true, childList: true, attributes: true})`)
	anna.do(chromedp.SetUploadFiles(`.upload input[type=file]`, files)) // nothing more is to be pressed
	for _, name := range append([]string{"one.wav", "two.wav", "three.wav"}, converted...) {
		anna.until(`%s?.dataset.state === "done"`, queueLine(name))
	}
	anna.until(`%s?.dataset.state === "failed"`, queueLine("page.wav"))
	if got := eval[string](anna, queueLine("page.wav")+`.querySelector(".says").textContent`); !strings.Contains(got, "not an audio file") {
		t.Errorf("refused with the words %q", got)
	}
	if got := eval[string](anna, queueLine("one.wav")+`.querySelector(".uploaded").textContent`); !strings.Contains(got, "44.1 kHz, stereo") || !strings.Contains(got, "8 kHz, mono") || strings.Count(got, "LUFS") != 2 {
		t.Errorf("before and after: %q", got)
	}
	if most := eval[float64](anna, "most"); most != 2 {
		t.Errorf("%v files were on their way at once", most)
	}
	for _, state := range []string{"waiting", "reading", "sending", "converting", "done", "failed"} {
		if !eval[bool](anna, fmt.Sprintf("seen.has(%q)", state)) {
			t.Errorf("no file was ever %s", state)
		}
	}
	anna.screenshot("announcements-several")
	player := soundCard("one") + `.querySelector(".player")`
	anna.run(`%s.scrollIntoView()`, player)
	anna.until(`%s.querySelectorAll(".track rect").length > 40`, player)
	anna.run(`document.addEventListener("playing", e => {
		window.heard = e.target.closest(".player").matches("[data-playing]") && [...document.querySelectorAll("audio")].every(a => !a.checkVisibility());
	}, true)`)
	(&hand{tab: anna}).click(player + `.querySelector("[data-toggle]")`)
	anna.until(`window.heard`)
	for label, hz := range map[string]float64{"one": 500, "two": 600, "three": 800} {
		harness.CheckTone(t, label, anna.stored(label), hz)
	}
	harness.CheckAtMost(t, "what was cut off above the telephone's band", harness.ToneLevel(anna.stored("mpeg25-8k"), 2000), -60)
	samples := anna.stored("stereo")
	harness.CheckTone(t, "FLAC or Ogg", samples, 1000)
	harness.CheckAtMost(t, "alias of 6 kHz", harness.ToneLevel(samples, 2000), -60)
	// Retrying sends a second request; removing removes the line.
	anna.run(`seen.clear(); %s.querySelector(".again").click()`, queueLine("page.wav"))
	anna.until(`seen.has("sending") && %s?.dataset.state === "failed"`, queueLine("page.wav"))
	anna.run(`%s.querySelector(".away").click()`, queueLine("page.wav"))
	anna.until(`!%s`, queueLine("page.wav"))
}

// recordedInPage makes a file with the browser's recorder: tones of hz, for
// somewhat more than a second.
const recordedInPage = `(async (name, type, ...hz) => {
	const context = new AudioContext({sampleRate: 48000}), out = context.createMediaStreamDestination();
	for (const f of hz) {
		const gain = context.createGain();
		gain.gain.value = 0.25;
		const tone = new OscillatorNode(context, {frequency: f});
		tone.connect(gain).connect(out);
		tone.start();
	}
	await context.resume();
	const recorder = new MediaRecorder(out.stream, {mimeType: type}), parts = [];
	recorder.ondataavailable = e => parts.push(e.data);
	const over = new Promise(done => { recorder.onstop = done; });
	recorder.start();
	await new Promise(done => { const end = context.createConstantSource(); end.onended = done; end.start(); end.stop(context.currentTime + 1.5); });
	recorder.stop();
	await over;
	await context.close();
	return [new File(parts, name, {type})];
})`

// Files are dropped anywhere on the page, also in formats that only the browser
// reads. It must not make an alias of what is above the telephone band: 21 kHz
// would become 3 kHz.
func testDropped(t *testing.T, anna *tab) {
	anna.drop(`[new File([Uint8Array.from(atob("` + base64.StdEncoding.EncodeToString(harness.Steady(900, 1)) + `"), c => c.charCodeAt(0))], "dropped.wav")]`)
	harness.CheckTone(t, "dropped", anna.stored("dropped"), 900)
	anna.drop(recordedInPage + `("opus.webm", "audio/webm;codecs=opus", 1000)`)
	anna.until(`%s?.dataset.state === "done"`, queueLine("opus.webm"))
	samples := anna.stored("opus")
	harness.CheckTone(t, "opus", samples, 1000)
	if seconds := float64(len(samples)) / 8000; seconds < 1 || seconds > 3 {
		t.Errorf("opus: %.2f s", seconds)
	}
	anna.drop(recordedInPage + `("pcm.webm", "audio/webm;codecs=pcm", 1000, 21000)`)
	anna.until(`%s?.dataset.state === "done"`, queueLine("pcm.webm"))
	samples = anna.stored("pcm")
	harness.CheckTone(t, "pcm", samples, 1000)
	mid := samples[len(samples)/4 : len(samples)*3/4]
	alias := harness.ToneLevel(mid, 3000) - harness.ToneLevel(mid, 1000)
	t.Logf("21 kHz comes back as 3 kHz at %.1f dB", alias)
	harness.CheckAtMost(t, "alias of 21 kHz", alias, -60)
	anna.drop(`[new File([new Uint8Array(4000)], "nothing.xyz")]`)
	anna.until(`%s?.dataset.state === "failed"`, queueLine("nothing.xyz"))
	if got := eval[string](anna, queueLine("nothing.xyz")+`.querySelector(".says").textContent`); !strings.Contains(got, "cannot read this file") {
		t.Errorf("unreadable: %q", got)
	}
}

// A voice is recorded, played, named and added; a bad recording is discarded;
// and if the microphone is refused, the page says so.
func testMicrophone(t *testing.T, anna *tab) {
	press := func(do string) {
		t.Helper()
		anna.click(the(fmt.Sprintf(`#recorder [data-in]:not([hidden]) [data-do=%s]`, do)))
	}
	const state = `document.querySelector("#recorder").dataset.state`
	press("record")
	anna.until(state + ` === "recording"`)
	press("discard")
	anna.until(state + ` === "idle"`)
	press("record")
	anna.until(`document.querySelector("#recorder meter").value > -20`)
	anna.until(`document.querySelector("#recorder [data-in=recording] time").textContent >= "0:02"`)
	anna.screenshot("announcements-recording")
	press("stop")
	anna.until(state + ` === "recorded"`)
	press("listen")
	anna.until(`document.querySelector("[data-do=listen]").getAttribute("aria-pressed") === "true"`)
	anna.until(`document.querySelector("[data-do=listen]").getAttribute("aria-pressed") === "false"`) // it ends by itself
	anna.run(`document.querySelector("#recorder input[type=text]").value = "Spoken by Anna"`)
	anna.screenshot("announcements-recorded")
	press("send")
	anna.until(`%s?.dataset.state === "done"`, queueLine("Spoken by Anna.wav"))
	samples := anna.stored("Spoken by Anna")
	harness.CheckTone(t, "microphone", samples, 700)
	if seconds := float64(len(samples)) / 8000; seconds < 1.5 || seconds > 6 {
		t.Errorf("microphone: %.2f s", seconds)
	}
	anna.run(`navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"))`)
	press("record")
	anna.until(`document.querySelector("#recorder .says").textContent.includes("does not allow")`)
}

// An announcement is renamed, the list is sorted, and an announcement is
// removed.
func testRenamed(t *testing.T, anna *tab) {
	anna.run(`%s.querySelector(".rename summary").click()`, soundCard("one"))
	anna.until(`%s.querySelector(".rename").open`, soundCard("one"))
	anna.screenshot("announcements-rename")
	anna.run(`const i = %s.querySelector(".rename input"); i.value = "Aaa first"; i.form.requestSubmit()`, soundCard("one"))
	anna.until(`!!%s && !%s`, soundCard("Aaa first"), soundCard("one"))
	anna.run(`document.querySelector('.orders a[href$="name"]').click()`) // the link may be replaced while the renamed one is shown
	anna.until(`location.search === "?order=name" && document.querySelector(".card.sound h2")?.textContent === "Aaa first"`)
	anna.until(`!!%s?.querySelector('form[action$="/delete"] button')`, soundCard("two")) // the page is being read
	anna.run(`%s.querySelector('form[action$="/delete"] button').click()`, soundCard("two"))
	anna.until(`document.querySelector("#confirm").open && document.querySelector("#confirm-text").textContent.includes("two")`)
	anna.click(the(`#confirm [value=yes]`))
	anna.until(`!!%s && !%s`, soundCard("three"), soundCard("two"))
	anna.screenshot("announcements")
}

// A member without the permission sees and plays announcements, and is offered
// no change.
func testReaders(t *testing.T, b *browser) {
	jonas := b.newTab(t)
	jonas.signIn("Jonas")
	jonas.do(chromedp.Navigate(b.stack.URL + "/announcements"))
	harness.CheckTone(t, "another's", jonas.stored("three"), 800)
	if n := eval[float64](jonas, `document.querySelectorAll("#add-announcements, main form:not(.favourite)").length`); n != 0 {
		t.Errorf("%v forms for an agent", n)
	}
}

// If sipgate accepts the command but never fetches the file, the row says so
// after ten seconds to all members, and the library does not count it as
// played.
func TestBrowserAnnouncementNotFetched(t *testing.T) {
	t.Parallel()
	s := harness.New(t, "-visibility", "account")
	b := newBrowser(t, s)
	anna := b.newTab(t)
	anna.signIn("Anna")
	v := s.SignIn(t, 0)
	for i := range 10 {
		v.Upload(fmt.Sprintf("Sound %d.wav", i), harness.Steady(400+50*float64(i), 8))
	}
	const who = "+49 30 555002"
	id := s.Ring("+4930555002", "w0", "established")
	play := func(label string) {
		t.Helper()
		anna.press(who, "a")
		anna.until(`document.querySelectorAll("#modal[open] .picks li").length === 10`)
		anna.do(chromedp.SendKeys(`#modal input[data-filter]`, label))
		anna.until(`[...document.querySelectorAll("#modal .picks li")].filter(l => l.checkVisibility()).length === 1`)
		anna.screenshot("announce-filtered")
		anna.run(`[...document.querySelectorAll("#modal .picks li")].find(l => l.checkVisibility()).querySelector("button[name=announcement]").click()`)
		anna.until(`!document.querySelector("#modal").open`)
	}
	play("sound 7")
	s.Eventually("played", func() bool {
		a := s.Call(id).Announcements
		return len(a) == 1 && a[0].Accepted
	})
	anna.until(`%s?.innerText.includes("“Sound 7” is playing") && /0:0\d \/ ~0:08/.test(%[1]s.querySelector("[data-from]").dataset.played)`, row(who))
	anna.until(`/fetched it after \d\.\d s/.test(%s?.innerText)`, row(who))
	anna.screenshot("announce-fetched")
	anna.until(`!%s?.querySelector('[data-tone="play"]')?.checkVisibility()`, row(who)) // the estimate is over

	s.Control("POST", "faults", map[string]any{"do": "status", "status": 204, "path": "/v2/calls/*/announcements"}, nil)
	play("sound 3")
	anna.until(`%s?.innerText.includes("has not fetched the file")`, row(who))
	anna.screenshot("announce-not-fetched")

	// The one that was played comes first, and is the only one that counts.
	_, page := v.Get("/announcements")
	first, rest, _ := strings.Cut(page[strings.Index(page, `id="library"`):], "</li><li")
	if !strings.Contains(first, "<h2>Sound 7</h2>") || !strings.Contains(first, "einmal abgespielt") || !strings.Contains(first, "von Anna") {
		t.Errorf("the first in the library: %.2000s", first[strings.Index(first, "<h2>"):])
	}
	if strings.Contains(rest, "einmal abgespielt") {
		t.Error("what was never fetched counts as played")
	}
}
