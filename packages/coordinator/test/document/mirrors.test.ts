import { BASE, testRefusals } from "./refusal.ts";

const mirror = (text: string) => `${BASE}images: { mirrors: [{ registry: docker.io, ${text} }] }\n`;
const PEM = "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n";
const AT = "images.mirrors[0]";

testRefusals([
	[
		"a mirror of a registry that is another folder",
		`${BASE}images: { mirrors: [{ registry: "..", endpoints: ["https://cache.lab.example"] }] }\n`,
		`${AT}.registry`,
		/is no host/,
		/docker\.io/,
	],
	[
		"a mirror with a password in its address",
		mirror('endpoints: ["https://robot:secret@cache.lab.example"]'),
		`${AT}.endpoints[0]`,
		/would be read by all/,
		/name it by account/,
	],
	[
		"a mirror with a query",
		mirror('endpoints: ["https://cache.lab.example/x?y=1"]'),
		`${AT}.endpoints[0]`,
		/ends with its path/,
		/^$/,
	],
	[
		"an authority for a mirror without TLS",
		mirror(`endpoints: ["http://cache.lab.example"], authority: "${PEM}"`),
		`${AT}.endpoints[0]`,
		/https only/,
		/write https/,
	],
	[
		"a password for a mirror without TLS",
		mirror('endpoints: ["http://cache.lab.example"], account: cache'),
		`${AT}.endpoints[0]`,
		/read by all on the way/,
		/write https/,
	],
	[
		"a password in the place of the name of an account",
		mirror('endpoints: ["https://cache.lab.example"], account: "robot:secret"'),
		`${AT}.account`,
		/a name is/,
		/^$/,
	],
	[
		"a blank in a mirror's address",
		mirror('endpoints: ["https://cache.lab.example/docker hub"]'),
		`${AT}.endpoints[0]`,
		/no blanks/,
		/docker%20hub/,
	],
	[
		"a letter outside ASCII in a mirror's address",
		mirror('endpoints: ["https://bücher.example/"]'),
		`${AT}.endpoints[0]`,
		/letters of ASCII/,
		/xn--bcher-kva/,
	],
	...[
		["registry-1.docker.io", /write docker\.io/],
		["Ghcr.io", /write ghcr\.io/],
	].map(
		([registry, suggestion]) =>
			[
				`a mirror of ${registry}, by which no image is called`,
				`${BASE}images: { mirrors: [{ registry: ${registry}, endpoints: ["https://cache.lab.example"] }] }\n`,
				`${AT}.registry`,
				/no image is of/,
				suggestion as RegExp,
			] as const,
	),
	[
		"a thirteenth mirror with an account",
		`${BASE}images: { mirrors: [${Array.from({ length: 13 }, (_, n) => `{ registry: r${n}.example, endpoints: ["https://cache.lab.example/${n}"], account: cache }`).join(", ")}] }\n`,
		"images.mirrors[12].account",
		/at most 12/,
		/without an account/,
	],
	[
		"a key in the place of an authority",
		mirror(`endpoints: ["https://cache.lab.example"], authority: "${PEM.replaceAll("CERTIFICATE", "PRIVATE KEY")}"`),
		`${AT}.authority`,
		/certificates in PEM/,
		/^$/,
	],
]);
