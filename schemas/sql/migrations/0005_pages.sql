-- Among a million requests what a drop adds to an index of hashes or accounts goes to a page that nobody else needs
-- that night: read, logged, written again. Fewer such indexes then, shorter entries, or in the order of arrival.

-- Sixteen digits say nearly all; who looks a hash up compares the whole of it.
DROP INDEX pieces_sha256;
CREATE INDEX pieces_sha256 ON pieces(substr(sha256, 1, 16));
DROP INDEX depots_sha256;
CREATE INDEX depots_sha256 ON depots(substr(sha256, 1, 16));
DROP INDEX depots_empreinte;

-- The change time, which grows; the inode before it is compared in the row.
DROP INDEX depots_source;
CREATE INDEX depots_source ON depots(substr(source, instr(source, '-')));

-- A SIRET is found among those of its SIREN.
DROP INDEX demandes_siren;
CREATE INDEX demandes_siren ON demandes(siren);
DROP INDEX demandes_siret;
