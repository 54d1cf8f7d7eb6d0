import { MachineId } from "@rollcall/protocol";
import { openBusDoor } from "@rollcall/test-support/bus-door";
import { eventually } from "@rollcall/test-support/eventually";
import test from "ava";
import { createConnect } from "../src/adapters/nats/link.ts";
import { createUserKey } from "../src/adapters/user-key.ts";

// It sets the wall clock, so that it runs in a process of its own.
const now = Date.now;
let [offset, asked] = [0, 0];
Date.now = () => {
	asked += 1;
	return now() + offset;
};

test("an agent whose clock is put right comes back to the bus, not when the wrong time has come, and is idle until then", async (t) => {
	offset = 3_600_000;
	const door = await openBusDoor(t);
	const connect = createConnect(() => 0.1);
	const nobody = () => {
		throw new Error("nobody speaks here");
	};
	const link = await connect(
		{
			machineId: MachineId.parse("m-1"),
			seed: createUserKey().seed,
			servers: [door.url],
			signers: () => [],
			jwt: () => "jwt",
		},
		{ connected: () => {}, disconnected: () => {}, notice: nobody, routes: nobody, command: nobody },
	);
	t.teardown(() => link.close());
	offset = 0;
	asked = 0;
	door.cut();
	await eventually("it to be back", () => door.came() === 2 && link.connected(), 10_000);
	t.true(asked < 100, String(asked));
});
