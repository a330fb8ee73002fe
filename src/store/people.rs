//! People, their units, and the tree of units.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    people::{Person, Role, Unit, UnitLevel, UnitScope, UnitTree},
    store::{
        Store, StoreError,
        audit::{self, Acting, Note},
    },
};

/// The sign for all units.
const ALL_UNITS: &str = "*";

impl Store {
    /// Somebody by id.
    pub fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        person(&self.connection, id)
    }

    /// Everybody, in the order of ids.
    pub fn people(&self) -> Result<Vec<Person>, StoreError> {
        let ids: Vec<String> = self
            .connection
            .prepare_cached("SELECT person_id FROM people ORDER BY person_id")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut people = Vec::with_capacity(ids.len());
        for id in ids {
            people.extend(person(&self.connection, &id)?);
        }
        Ok(people)
    }

    pub fn units(&self) -> Result<UnitTree, StoreError> {
        units(&self.connection)
    }

    /// Adds people or changes those of the same id; nobody is removed. One entry in the log.
    pub fn import_people(
        &mut self,
        people: &[Person],
        acting: &Acting<'_>,
    ) -> Result<u64, StoreError> {
        let seq = self.writing(|transaction| {
            for person in people {
                save_person(transaction, person)?;
            }
            audit::append(
                transaction,
                acting,
                &Note {
                    action: "import-people",
                    subject_kind: "people",
                    subject: "people",
                    details: serde_json::json!({
                        "people": people.iter().map(|p| {
                            serde_json::json!({
                                "id": p.id, "name": p.name, "role": p.role, "agent_id": p.agent_id,
                                "units": p.units, "active": p.active,
                            })
                        }).collect::<Vec<_>>(),
                    }),
                    ..Note::default()
                },
            )
        })?;
        self.note_head()?;
        Ok(seq)
    }

    /// Puts this tree in the place of the one before. One entry in the log.
    pub fn import_units(
        &mut self,
        units: &UnitTree,
        acting: &Acting<'_>,
    ) -> Result<u64, StoreError> {
        let seq = self.writing(|transaction| {
            // Parents may come after children in the order of ids.
            transaction.pragma_update(None, "defer_foreign_keys", true)?;
            transaction.execute("DELETE FROM units", [])?;
            let mut statement =
                transaction.prepare_cached("INSERT INTO units VALUES (?, ?, ?, ?)")?;
            for unit in units.iter() {
                statement.execute(params![
                    unit.id,
                    unit.name,
                    unit.parent,
                    unit.level.as_str()
                ])?;
            }
            let list: Vec<_> = units
                .iter()
                .map(|unit| {
                    serde_json::json!({
                        "id": unit.id, "name": unit.name, "parent": unit.parent, "level": unit.level,
                    })
                })
                .collect();
            audit::append(
                transaction,
                acting,
                &Note {
                    action: "import-units",
                    subject_kind: "units",
                    subject: "units",
                    details: serde_json::json!({ "units": list }),
                    ..Note::default()
                },
            )
        })?;
        self.note_head()?;
        Ok(seq)
    }
}

pub(super) fn person(connection: &Connection, id: &str) -> Result<Option<Person>, StoreError> {
    let found = connection
        .prepare_cached("SELECT name, role, agent_id, active FROM people WHERE person_id = ?")?
        .query_row([id], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<String>>(2)?,
                row.get::<_, bool>(3)?,
            ))
        })
        .optional()?;
    let Some((name, role, agent_id, active)) = found else {
        return Ok(None);
    };
    let given: BTreeSet<String> = connection
        .prepare_cached("SELECT unit_id FROM person_units WHERE person_id = ?")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(Some(Person {
        id: id.to_owned(),
        name,
        role: Role::parse(&role).ok_or_else(|| StoreError::Damaged {
            what: "role",
            of: id.to_owned(),
            cause: role,
        })?,
        agent_id,
        units: if given.contains(ALL_UNITS) {
            UnitScope::All
        } else {
            UnitScope::Within(given)
        },
        active,
    }))
}

pub(super) fn units(connection: &Connection) -> Result<UnitTree, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT unit_id, name, parent, level FROM units")?;
    let mut rows = statement.query([])?;
    let mut list = Vec::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let level: String = row.get(3)?;
        list.push(Unit {
            name: row.get(1)?,
            parent: row.get(2)?,
            level: UnitLevel::parse(&level).ok_or_else(|| StoreError::Damaged {
                what: "unit",
                of: id.clone(),
                cause: level,
            })?,
            id,
        });
    }
    UnitTree::new(list).map_err(|problems| StoreError::Damaged {
        what: "tree of units",
        of: "units".to_owned(),
        cause: problems
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
    })
}

fn save_person(connection: &Connection, person: &Person) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO people VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
             name = excluded.name, role = excluded.role, agent_id = excluded.agent_id,
             active = excluded.active",
        )?
        .execute(params![
            person.id,
            person.name,
            person.role.as_str(),
            person.agent_id,
            person.active
        ])?;
    connection
        .prepare_cached("DELETE FROM person_units WHERE person_id = ?")?
        .execute([&person.id])?;
    let mut statement = connection.prepare_cached("INSERT INTO person_units VALUES (?, ?)")?;
    match &person.units {
        UnitScope::All => {
            statement.execute([&person.id, ALL_UNITS])?;
        }
        UnitScope::Within(given) => {
            for unit in given {
                statement.execute([&person.id, unit])?;
            }
        }
    }
    Ok(())
}
