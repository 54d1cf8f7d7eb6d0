import { openBusDoor } from "@rollcall/test-support/bus-door";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { connectBus } from "../../../src/adapters/nats/connect.ts";
import { startConnectionGuard } from "../../../src/adapters/nats/connection-guard.ts";

// It sets the wall clock, so that it runs in a process of its own.
const now = Date.now;
let offset = 0;
Date.now = () => now() + offset;

test("a coordinator whose clock is put right comes back to the bus at once, not when the wrong time has come", async (t) => {
	offset = 3_600_000;
	const door = await openBusDoor(t);
	const common = { servers: [door.url], authenticator: () => undefined, secured: {} };
	const bus = await connectBus({ ...common, name: "coordinator" });
	t.teardown(() => bus.close());
	t.teardown(await startConnectionGuard({ ...common, account: "A", exempt: "U", tell: () => {} }));
	t.is(door.came(), 2);
	offset = 0;
	door.cut(true);
	await eventually("the loss to be seen", () => !bus.connected());
	door.open();
	await eventually("both to be back", () => bus.connected() && door.came() === 4, 10_000);
	door.cut();
	await eventually("both to be back once more", () => bus.connected() && door.came() === 6, 10_000);
	t.is(bus.reconnects(), 2);
});

test("whoever is cut off again and again does not come back at once each time", async (t) => {
	const door = await openBusDoor(t);
	const bus = await connectBus({ servers: [door.url], authenticator: () => undefined, secured: {}, name: "cut" });
	t.teardown(() => bus.close());
	const begun = performance.now();
	for (let count = 1; count < 6; count++) {
		door.cut();
		await eventually("it to be back", () => door.came() > count && bus.connected(), 10_000);
	}
	t.true(performance.now() - begun >= 4 * 200);
});
