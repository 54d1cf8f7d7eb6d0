import test from "ava";
import { EMPTY_FLEET, type Fleet } from "../../src/domain/fleet.ts";
import { rotated } from "../../src/domain/rotation.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";
import { sharedByTargets } from "../../src/wiring/targets.ts";

test("targets of another trust are others, also when it has the same number; those of an equal one are the same", (t) => {
	const shared = sharedByTargets();
	const believing = (trust: typeof STAND_IN_TRUST, seq = 7): Fleet => ({ ...EMPTY_FLEET, trust: { trust, seq } });
	const other = rotated(STAND_IN_TRUST, "authorities", STAND_IN_TRUST);
	t.not(shared(believing(STAND_IN_TRUST)), shared(believing(other)));
	t.is(shared(believing(STAND_IN_TRUST)), shared(believing(structuredClone(STAND_IN_TRUST), 9)));
	t.not(shared(believing(STAND_IN_TRUST)), shared(EMPTY_FLEET));
});
