// Recording an announcement with the microphone: a level while it runs, listen
// before it is sent. Comes after sounds.js, whose queue takes the file.
"use strict";
(() => {
	const {$, all, put, wav, sounds} = window.callboard;
	const box = $("#recorder");
	if (!box || !navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) return;
	box.hidden = false;

	let tape = null;     // what runs: context, stream, node, blocks, count
	let recorded = null; // what was recorded: samples, rate
	let heard = null;    // what is being listened to: context, source

	function show(state) {
		box.dataset.state = state;
		for (const part of all("[data-in]", box)) part.hidden = part.dataset.in !== state;
	}

	const clock = seconds => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

	// open is an audio context that a stream can be led into: at 48 kHz or, where
	// the browser wants to keep the microphone's rate, at that.
	async function open(stream) {
		for (const options of [{sampleRate: wav.decodingRate}, {}]) {
			const context = new AudioContext(options);
			try {
				await context.audioWorklet.addModule($("#adding").dataset.tape);
				return {context, source: context.createMediaStreamSource(stream)};
			} catch (e) {
				await context.close();
				if (!options.sampleRate) throw e;
			}
		}
	}

	// record begins. The sound is taken as it is: what a browser would do to it
	// is made for conversations, and the server brings it to the right level.
	async function record() {
		put($(".says", box), "");
		let stream;
		try {
			stream = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
			const {context, source} = await open(stream);
			const node = new AudioWorkletNode(context, "tape", {channelCount: 1, channelCountMode: "explicit"});
			const mine = tape = {context, stream, node, blocks: [], count: 0};
			node.port.onmessage = e => e.data ? take(mine, e.data) : finish(mine);
			source.connect(node).connect(context.destination); // it puts out silence, but runs only so
			await context.resume();
			meter(0);
			show("recording");
			$('[data-do="stop"]', box).focus();
		} catch (e) {
			stream?.getTracks().forEach(t => t.stop());
			put($(".says", box), e.name === "NotAllowedError" ? box.dataset.denied : box.dataset.none);
		}
	}

	function take(from, block) {
		if (from !== tape) return;
		from.blocks.push(block);
		from.count += block.length;
		meter(block.reduce((most, s) => Math.max(most, Math.abs(s)), 0));
		if (from.count >= from.context.sampleRate * $("#adding").dataset.seconds) stop();
	}

	function meter(peak) {
		$("meter", box).value = 20 * Math.log10(Math.max(peak, 0.001));
		put($('[data-in="recording"] time', box), clock(tape.count / tape.context.sampleRate));
	}

	const stop = () => tape?.node.port.postMessage("stop");

	function close(which) {
		which.stream.getTracks().forEach(t => t.stop());
		which.context.close();
	}

	function finish(which) {
		if (which !== tape) return;
		recorded = {samples: new Float32Array(which.count), rate: which.context.sampleRate};
		let at = 0;
		for (const b of which.blocks) {
			recorded.samples.set(b, at);
			at += b.length;
		}
		put($('[data-in="recorded"] time', box), clock(which.count / recorded.rate));
		tape = null;
		close(which);
		show("recorded");
		$('[data-do="listen"]', box).focus();
	}

	// listen plays what was recorded, or stops that.
	function listen() {
		if (heard) return hush();
		const context = new AudioContext(), source = context.createBufferSource();
		source.buffer = context.createBuffer(1, Math.max(1, recorded.samples.length), recorded.rate);
		source.buffer.copyToChannel(recorded.samples, 0);
		source.connect(context.destination);
		const mine = heard = {context};
		source.onended = () => { if (heard === mine) hush(); };
		source.start();
		$('[data-do="listen"]', box).setAttribute("aria-pressed", "true");
	}

	function hush() {
		heard?.context.close();
		heard = null;
		$('[data-do="listen"]', box).setAttribute("aria-pressed", "false");
	}

	function discard() {
		hush();
		if (tape) close(tape);
		tape = recorded = null;
		show("idle");
		$('[data-do="record"]', box).focus();
	}

	function send() {
		const name = $("input[type=text]", box).value.trim() || $("input[type=text]", box).defaultValue;
		sounds.add([wav.file(recorded.samples, recorded.rate, name.replaceAll("/", "-") + ".wav")], $("input[type=checkbox]", box).checked);
		discard();
	}

	const deeds = {record, stop, listen, discard, send};
	box.addEventListener("click", e => deeds[e.target.closest("[data-do]")?.dataset.do]?.());
	box.addEventListener("keydown", e => { if (e.key === "Enter" && e.target.matches("input[type=text]")) send(); });
	addEventListener("pagehide", () => { if (tape) close(tape); });
	addEventListener("beforeunload", e => { if (tape || recorded) e.preventDefault(); });
	show(box.dataset.state);
})();
