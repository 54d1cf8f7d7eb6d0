import type { Session } from "../session.ts";
import { type LiveModel, renderFrame } from "./frame.ts";
import { LivePainter } from "./painter.ts";

/** A live screen that draws itself: `update` changes what it shows, ages go on by themselves. */
export interface LiveScreen {
	readonly update: (change: Partial<LiveModel>) => void;
	/** Ends it: the last frame goes away and the cursor is back. */
	readonly close: () => void;
}

const TICK_MS = 1000;
/** A storm of events is drawn at most so often. */
const LEAST_PAUSE_MS = 60;
const KEPT_EVENTS = 200;

/** Starts a live screen on the session's terminal. */
export function openLiveScreen(session: Session, first: LiveModel): LiveScreen {
	const painter = new LivePainter(session.out);
	let model = first;
	const draw = () => {
		const size = session.out.size();
		if (size) painter.draw(renderFrame(model, { ...size, paint: session.out.paint, now: session.now() }));
	};
	const stopResize = session.onResize(() => {
		painter.resized();
		draw();
	});
	let drawing: NodeJS.Timeout | undefined;
	let closed = false;
	const timer = setInterval(draw, TICK_MS);
	draw();
	return {
		update: (change) => {
			if (closed) return;
			model = { ...model, ...change };
			if (model.events.length > KEPT_EVENTS) model = { ...model, events: model.events.slice(-KEPT_EVENTS) };
			drawing ??= setTimeout(() => {
				drawing = undefined;
				draw();
			}, LEAST_PAUSE_MS);
		},
		close: () => {
			if (closed) return;
			closed = true;
			clearInterval(timer);
			clearTimeout(drawing);
			stopResize();
			painter.clear();
		},
	};
}
