// Checks every CSV of a report folder against its Table Schema, through the `tableschema` library.
// usage: node check_tables.js FOLDER…   (folders with datapackage.json; exit 1 when a cell is wrong)
const fs = require("fs");
const os = require("os");
const path = require("path");
const { Table } = require("tableschema");

async function check(folder, resource, scratch) {
  // The library takes a BOM for a part of the first header: it gets a copy without.
  const copy = path.join(scratch, path.basename(resource.path));
  const text = fs.readFileSync(path.join(folder, resource.path), "utf8").replace(/^\ufeff/, "");
  fs.writeFileSync(copy, text);
  const delimiter = resource.dialect.delimiter;
  const table = await Table.load(copy, { schema: resource.schema, delimiter });
  const rows = await table.read();
  if (rows.length !== resource.rows) throw new Error(`${rows.length} rows, datapackage.json says ${resource.rows}`);
  return rows.length;
}

async function main(folders) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "tables-"));
  let failures = 0;
  let tables = 0;
  for (const folder of folders) {
    const datapackage = JSON.parse(fs.readFileSync(path.join(folder, "datapackage.json"), "utf8"));
    for (const resource of datapackage.resources) {
      try {
        // A schema is inline, or a path beside the data.
        if (typeof resource.schema === "string")
          resource.schema = JSON.parse(fs.readFileSync(path.join(folder, resource.schema), "utf8"));
        console.log(`${resource.path}: ${await check(folder, resource, scratch)} rows`);
        tables++;
      } catch (error) {
        failures++;
        const details = (error.errors || []).map((one) => one.message).join("\n  ");
        console.error(`${resource.path}: ${error.message}\n  ${details}`);
      }
    }
  }
  fs.rmSync(scratch, { recursive: true });
  console.log(`${tables} passed, ${failures} failed`);
  process.exit(failures === 0 && tables > 0 ? 0 : 1);
}

main(process.argv.slice(2));
