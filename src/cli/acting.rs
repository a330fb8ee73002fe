//! Who acts, and when: the edge at which a person is named and the clock is read.

use chrono::{DateTime, FixedOffset, Local};

use crate::{
    cli::{Context, Failure},
    people::Person,
    review::rights::Deed,
    store::{Store, audit::Acting},
};

#[derive(Clone, Debug, clap::Args)]
pub(super) struct ActingArgument {
    /// 以谁的身份操作:人员编号 [默认: huiting.toml 里的 person]
    #[arg(long = "as", env = "HUITING_AS", value_name = "人员")]
    person: Option<String>,
}

impl ActingArgument {
    /// The person who acts, as the database knows them.
    pub(super) fn person(&self, store: &Store, context: &Context) -> Result<Person, Failure> {
        let lang = context.lang;
        let id = self
            .person
            .clone()
            .or_else(|| context.settings.person.clone());
        let id = id.ok_or_else(|| {
            Failure(lang.pick(
                "请说明谁在操作:--as 人员编号(或在 huiting.toml 里写 person = \"编号\")".to_owned(),
                "Say who acts: --as PERSON (or person = \"ID\" in huiting.toml)".to_owned(),
            ))
        })?;
        let person = store
            .person(&id)
            .map_err(|error| Failure::say(&error, lang))?;
        person.ok_or_else(|| {
            Failure(lang.pick(
                format!("没有人员 {id}。看有哪些人:huiting people list;导入:huiting people import 人员.csv"),
                format!("There is no person {id}. See who there is: huiting people list; import: huiting people import PEOPLE.csv"),
            ))
        })
    }

    /// The person, if anybody is named: what is only looked at may be looked at by nobody.
    pub(super) fn named(
        &self,
        store: &Store,
        context: &Context,
    ) -> Result<Option<Person>, Failure> {
        if self.person.is_none() && context.settings.person.is_none() {
            return Ok(None);
        }
        self.person(store, context).map(Some)
    }

    /// The person, who must be allowed to do this; `None` while the database knows no people at all.
    pub(super) fn allowed_or_alone(
        &self,
        deed: Deed,
        store: &Store,
        context: &Context,
    ) -> Result<Option<Person>, Failure> {
        let named = self.person.is_some() || context.settings.person.is_some();
        let people = store
            .people()
            .map_err(|error| Failure::say(&error, context.lang))?;
        match !named && people.is_empty() {
            true => Ok(None),
            false => self.allowed(deed, store, context).map(Some),
        }
    }

    /// The person, who must be allowed to do this.
    pub(super) fn allowed(
        &self,
        deed: Deed,
        store: &Store,
        context: &Context,
    ) -> Result<Person, Failure> {
        let person = self.person(store, context)?;
        deed.check(&person)
            .map_err(|denied| Failure::say(&denied, context.lang))?;
        Ok(person)
    }
}

/// Now, on this machine's clock.
pub(super) fn now() -> DateTime<FixedOffset> {
    Local::now().fixed_offset()
}

/// A time as the database keeps it, on this machine's clock; what is no time stays as it is.
pub(super) fn on_this_clock(time: &str) -> String {
    DateTime::parse_from_rfc3339(time).map_or_else(
        |_| time.to_owned(),
        |at| {
            at.with_timezone(&Local)
                .format("%Y-%m-%d %H:%M")
                .to_string()
        },
    )
}

/// The person acting now, or nobody where there are no people yet.
pub(super) fn acting_or_alone(person: Option<&Person>) -> Acting<'_> {
    Acting {
        by: person,
        at: now(),
    }
}

/// The person acting now.
pub(super) fn acting(person: &Person) -> Acting<'_> {
    Acting {
        by: Some(person),
        at: now(),
    }
}
