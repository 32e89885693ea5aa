-- What a request becomes while it waits.

-- A supplier whose referencing the register does not validate is reminded too, at longer intervals.
CREATE INDEX demandes_suspendues_attente ON demandes(attente_depuis) WHERE referencement_attendu = 1;
