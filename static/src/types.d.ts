// Declarations of what the modules use and no module exports: htmx, which is a
// script of its own, the events of the page, and the audio thread.

interface HtmxContext {
	sourceElement: Element;
	request: {method: string; action: string; body: FormData | URLSearchParams | null; submitter?: HTMLElement | null};
	response: {status: number; headers: Headers};
	text: string;
}

/** One message of a feed, see handlers/feed. */
interface FeedMessage {
	board?: string;
	drop?: string[];
	put?: string[];
	parts?: string[];
	notice?: string;
	have?: string;
	listed?: number;
	now?: number;
	touched?: boolean;
}

type HtmxEvent = CustomEvent<{ctx: HtmxContext}>;

declare const htmx: {
	ajax(method: string, address: string, options: {source: Element; target?: Element | string; select?: string; swap: string; values?: Record<string, string>}): Promise<void>;
	process(element: Node, again?: boolean): void;
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
	"feed:applied": Event;
	"feed:part": CustomEvent<HTMLElement>;
	"notice:added": Event;
	"gallery:message": CustomEvent<FeedMessage>;
	"session:expired": Event;
	"session:resumed": Event;
	"dialog:shown": CustomEvent;
	"calls:progressed": Event;
	"calls:filtered": CustomEvent<Set<HTMLElement>>;
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
