import type { Authority } from "@rollcall/protocol";
import test from "ava";
import type { Fleet } from "../../src/domain/fleet.ts";
import { listenersSaid } from "../../src/wiring/listeners-said.ts";

test("what the log said earlier of the listeners' authority is not obeyed while it is read; afterwards what it says is, also while it is away", (t) => {
	const named = (signing: string) => ({ signing, certificates: [] }) as unknown as Authority;
	const state = { isReady: false, signing: "sha256:forgotten" };
	const said = listenersSaid({
		ready: () => ({ ready: state.isReady, reason: "" }),
		fleet: () => ({ listeners: { listeners: named(state.signing) } }) as unknown as Fleet,
	});
	t.is(said(), undefined);
	Object.assign(state, { isReady: true, signing: "sha256:now" });
	t.deepEqual(said(), named("sha256:now"));
	state.isReady = false;
	t.deepEqual(said(), named("sha256:now"));
});
