// @ts-check
// Recording an announcement with the microphone: a level while it runs, listen
// before it is sent.

import {closest, find, findAll, get, setText} from "./dom.js";
import {minutes} from "./format.js";
import {addFiles, wavFile} from "./uploads.js";
import {recordingName} from "./upload_rules.js";
import {decibels, decodingRate, join, peakOf} from "./wav.js";

/**
 * @typedef {object} Running a recording that runs
 * @property {AudioContext} context
 * @property {MediaStream} stream
 * @property {AudioWorkletNode} node
 * @property {Float32Array[]} blocks
 * @property {number} count of samples
 */

/** @type {Running | null} */
let running = null;

/** @type {{samples: Float32Array<ArrayBuffer>, rate: number} | null} */
let recorded = null;

/** @type {AudioContext | null} */
let playing = null;

const box = () => get("#recorder");

/** @param {string} state */
function show(state) {
	box().dataset.state = state;
	for (const part of findAll("[data-in]", box())) part.hidden = part.dataset.in !== state;
}

/** @param {string} action */
const buttonFor = action => get(`[data-do="${action}"]`, box());

/**
 * open returns an audio context that a stream can be led into: at the decoding
 * rate or, where the browser wants to keep the microphone's rate, at that.
 * @param {MediaStream} stream
 */
async function open(stream) {
	try {
		return await openAt(stream, {sampleRate: decodingRate});
	} catch {
		return openAt(stream, {});
	}
}

/**
 * @param {MediaStream} stream
 * @param {AudioContextOptions} options
 */
async function openAt(stream, options) {
	const context = new AudioContext(options);
	try {
		await context.audioWorklet.addModule(get("#add-announcements").dataset.worklet ?? "");
		return {context, source: context.createMediaStreamSource(stream)};
	} catch (e) {
		await context.close();
		throw e;
	}
}

// record begins. The sound is taken as it is: what a browser would do to it is
// made for conversations, and the server brings it to the right level.
async function record() {
	const says = find(".says", box());
	setText(says, "");
	let stream;
	try {
		stream = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
		const {context, source} = await open(stream);
		const node = new AudioWorkletNode(context, "recorder", {channelCount: 1, channelCountMode: "explicit"});
		/** @type {Running} */
		const mine = running = {context, stream, node, blocks: [], count: 0};
		node.port.onmessage = e => e.data ? take(mine, e.data) : finish(mine);
		source.connect(node).connect(context.destination); // it puts out silence, but runs only so
		await context.resume();
		showLevel(mine, 0);
		show("recording");
		buttonFor("stop").focus();
	} catch (e) {
		stream?.getTracks().forEach(t => t.stop());
		const {denied = "", none = ""} = box().dataset;
		setText(says, /** @type {Error} */ (e).name === "NotAllowedError" ? denied : none);
	}
}

/**
 * @param {Running} from
 * @param {Float32Array} block
 */
function take(from, block) {
	if (from !== running) return;
	from.blocks.push(block);
	from.count += block.length;
	showLevel(from, peakOf(block));
	if (from.count >= from.context.sampleRate * Number(get("#add-announcements").dataset.seconds)) stop();
}

/**
 * @param {Running} of
 * @param {number} peak
 */
function showLevel(of, peak) {
	/** @type {HTMLMeterElement} */
	const meter = get("meter", box());
	meter.value = decibels(peak);
	setText(find('[data-in="recording"] time', box()), minutes(of.count / of.context.sampleRate));
}

const stop = () => running?.node.port.postMessage("stop");

/** @param {Running} which */
function close(which) {
	which.stream.getTracks().forEach(t => t.stop());
	which.context.close();
}

/** @param {Running} which */
function finish(which) {
	if (which !== running) return;
	recorded = {samples: join(which.blocks), rate: which.context.sampleRate};
	setText(find('[data-in="recorded"] time', box()), minutes(recorded.samples.length / recorded.rate));
	running = null;
	close(which);
	show("recorded");
	buttonFor("listen").focus();
}

// listen plays what was recorded, or stops that.
function listen() {
	if (playing) return stopPlaying();
	if (!recorded) return;
	const context = playing = new AudioContext(), source = context.createBufferSource();
	source.buffer = context.createBuffer(1, Math.max(1, recorded.samples.length), recorded.rate);
	source.buffer.copyToChannel(recorded.samples, 0);
	source.connect(context.destination);
	source.onended = () => { if (playing === context) stopPlaying(); };
	source.start();
	buttonFor("listen").setAttribute("aria-pressed", "true");
}

function stopPlaying() {
	playing?.close();
	playing = null;
	buttonFor("listen").setAttribute("aria-pressed", "false");
}

function discard() {
	stopPlaying();
	if (running) close(running);
	running = recorded = null;
	show("idle");
	buttonFor("record").focus();
}

function send() {
	if (!recorded) return;
	/** @type {HTMLInputElement} */
	const name = get("input[type=text]", box());
	/** @type {HTMLInputElement} */
	const trim = get("input[type=checkbox]", box());
	addFiles([wavFile(recorded.samples, recorded.rate, recordingName(name.value.trim() || name.defaultValue))], trim.checked);
	discard();
}

/** @type {Record<string, () => void>} */
const actions = {record, stop, listen, discard, send};

/** startRecorder shows the recorder where there can be a microphone. */
export function startRecorder() {
	const recorder = find("#recorder");
	if (!recorder || !navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) return;
	recorder.hidden = false;
	recorder.addEventListener("click", e => {
		/** @type {HTMLElement | null} */
		const button = closest(e.target, "[data-do]");
		actions[button?.dataset.do ?? ""]?.();
	});
	recorder.addEventListener("keydown", e => {
		if (e.key === "Enter" && /** @type {Element} */ (e.target).matches("input[type=text]")) send();
	});
	addEventListener("pagehide", () => { if (running) close(running); });
	addEventListener("beforeunload", e => { if (running || recorded) e.preventDefault(); });
	show(recorder.dataset.state ?? "idle");
}
