import test from "ava";
import { armFailpoint, parseFailpoint } from "../../src/loop/failpoints.ts";

test("a failpoint ends the process at the planned time and at no other point", (t) => {
	let ended = 0;
	const failpoint = armFailpoint(parseFailpoint("append:after:machine-assigned#2"), () => {
		ended += 1;
	});
	for (const name of ["append:before:machine-assigned", "append:after:machine-assigned", "append:after:target-issued"])
		failpoint(name);
	t.is(ended, 0);
	failpoint("append:after:machine-assigned");
	t.is(ended, 1);
});

for (const text of ["nowhere", "append:after:", "lead:before#0", "lead:before#x"]) {
	test(`a failpoint that does not exist is refused: ${text}`, (t) => {
		t.throws(() => parseFailpoint(text), { message: /failpoint/ });
	});
}
