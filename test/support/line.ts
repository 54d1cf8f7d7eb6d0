import type { AddressInfo } from "node:net";
import { createConnection, createServer, type Socket } from "node:net";
import type { Scope } from "@rollcall/test-support/own-folder";

/** A TCP line to a server on this computer, on which a test decides what flows. */
export interface Line {
	readonly port: number;
	/** From now on nothing flows either way over connections that stay open, as behind a dead switch; new ones are taken, and hear nothing. */
	stall(): void;
	/** All connections are reset, and so are new ones. */
	cut(): void;
	/** All flows again, what was held back first. */
	mend(): void;
}

/** Opens a line to a port. It is closed at the end of the test. */
export async function openLine(t: Scope, target: number): Promise<Line> {
	let state: "flows" | "stalled" | "cut" = "flows";
	const pairs = new Set<{ readonly near: Socket; far: Socket | undefined }>();
	const join = (pair: { readonly near: Socket; far: Socket | undefined }): void => {
		pair.far ??= createConnection(target, "127.0.0.1")
			.on("error", () => pair.near.resetAndDestroy())
			.on("close", () => pair.near.destroy());
		pair.near.pipe(pair.far).pipe(pair.near);
	};
	const server = createServer((near) => {
		if (state === "cut") return void near.resetAndDestroy();
		const pair = { near, far: undefined as Socket | undefined };
		pairs.add(pair);
		near.on("error", () => pair.far?.destroy());
		near.on("close", () => {
			pairs.delete(pair);
			pair.far?.destroy();
		});
		if (state === "flows") join(pair);
		else near.pause();
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const end = (): void => {
		for (const { near, far } of pairs) {
			far?.destroy();
			near.resetAndDestroy();
		}
	};
	t.teardown(() => {
		server.close();
		end();
	});
	return {
		port: (server.address() as AddressInfo).port,
		stall() {
			state = "stalled";
			for (const { near, far } of pairs) {
				near.unpipe().pause();
				far?.unpipe().pause();
			}
		},
		cut() {
			state = "cut";
			end();
		},
		mend() {
			state = "flows";
			for (const pair of pairs) join(pair);
		},
	};
}
