// Holds dossier.yaml files against schemas/dossier.schema.json, as an editor would, through `ajv`.
// usage: node check_dossiers.js SCHEMA good|bad FILE…   (exit 1 when one is not judged so)
const fs = require("fs");
const Ajv = require("ajv");
const yaml = require("js-yaml");

const [schemaPath, expected, ...files] = process.argv.slice(2);
const ajv = new Ajv({ allErrors: true, strict: false });
const validate = ajv.compile(JSON.parse(fs.readFileSync(schemaPath, "utf8")));
let failures = 0;
for (const file of files) {
  // FAILSAFE would make all scalars text; editors read YAML 1.2 core, so do we. Dates stay text there.
  const text = fs.readFileSync(file, "utf8");
  const good = validate(yaml.load(text, { schema: yaml.CORE_SCHEMA }));
  if (good !== (expected === "good")) {
    failures++;
    console.error(`${file}: judged ${good ? "good" : "bad"}`, good ? "" : ajv.errorsText(validate.errors));
  }
}
console.log(`${files.length - failures} passed, ${failures} failed`);
process.exit(failures === 0 && files.length > 0 ? 0 : 1);
