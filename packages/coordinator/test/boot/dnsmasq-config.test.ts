import fc, { codePoint } from "@rollcall/test-support/properties";
import test from "ava";
import { dnsmasqConfig } from "../../src/boot/dnsmasq-config.ts";
import { Unencodable } from "../../src/errors.ts";
import { parseDnsmasq } from "./parsers/dnsmasq.ts";

const nasty = fc.oneof(
	fc.string({ unit: fc.constantFrom(..."ab ,\"'#\\=\n\t:/%".split("")), maxLength: 16 }),
	fc.string({ unit: codePoint, maxLength: 12 }),
	fc.stringMatching(/^[a-z0-9.:/#-]{1,12}$/),
);

test("every configuration reads back as exactly the values that were meant, or is refused", (t) => {
	let written = 0;
	fc.assert(
		fc.property(fc.array(fc.tuple(nasty, fc.boolean()), { minLength: 1, maxLength: 4 }), nasty, (values, remark) => {
			let text: string;
			try {
				text = dnsmasqConfig([
					{ remark },
					{ option: "dhcp-boot", values: values.map(([value, quoted]) => (quoted ? { quoted: value } : value)) },
				]);
			} catch (error) {
				if (error instanceof Unencodable) return;
				throw error;
			}
			written++;
			t.deepEqual(parseDnsmasq(text), [{ option: "dhcp-boot", values: values.map(([value]) => value) }]);
		}),
		{ numRuns: 20_000 },
	);
	t.true(written > 500, `only ${written} were written`);
});

test("an option without values stands alone", (t) => {
	t.is(dnsmasqConfig([{ option: "enable-tftp", values: [] }, { remark: "" }]), "enable-tftp\n\n");
});
