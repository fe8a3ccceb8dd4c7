// Declarations of what the modules use and no module exports: htmx, which is a
// script of its own, the events of the page, and the audio thread.

interface HtmxContext {
	sourceElement: Element;
	confirm: string;
	request: {method: string; body: FormData | URLSearchParams | null; submitter?: HTMLElement | null};
	response: {status: number; headers: Headers};
	text: string;
}

type HtmxEvent = CustomEvent<{ctx: HtmxContext}>;

declare const htmx: {
	ajax(method: string, address: string, options: {source: Element; target: Element | string; select: string; swap: string}): Promise<void>;
	process(element: Node, again?: boolean): void;
	swap(how: {sourceElement: Element; target: string; swap: string; text: string; transition: boolean}): Promise<void>;
};

interface DocumentEventMap {
	"htmx:config:request": HtmxEvent;
	"htmx:before:request": HtmxEvent;
	"htmx:before:response": HtmxEvent;
	"htmx:after:request": HtmxEvent;
	"htmx:finally:request": HtmxEvent;
	"htmx:response:error": HtmxEvent;
	"htmx:error": CustomEvent<{ctx?: HtmxContext}>;
	"htmx:after:swap": CustomEvent;
	"htmx:confirm": CustomEvent<{ctx: HtmxContext; issueRequest(): void; dropRequest(): void}>;
	"htmx:ws:before:connection": CustomEvent;
	"htmx:ws:before:message:incoming": CustomEvent<{message: {data: unknown}; polled?: boolean}>;
	"htmx:ws:after:message:incoming": CustomEvent<{polled?: boolean} | null>;
	"htmx:ws:close": CustomEvent<{code: number; reason: string}>;
	"session:expired": Event;
	"session:resumed": Event;
	"dialog:shown": CustomEvent;
}

// The scope of an audio worklet.
declare const sampleRate: number;
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare class AudioWorkletProcessor {
	readonly port: MessagePort;
}

// The scope of a service worker.
declare const clients: import("./desktop_notifications.js").WorkerClients;
interface WindowEventMap {
	"notificationclick": Event & {notification: Notification; waitUntil(done: Promise<unknown>): void};
}
