//! Files that commands write: under a temporary name first, so that a half-written one is never seen.

use std::{
    fs::{self, File},
    io::BufWriter,
    path::Path,
};

use crate::{cli::Failure, lang::Lang};

/// Refuses a file whose ending says something else than what will be in it.
pub(super) fn ending_fits(out: &Path, endings: &[&str], lang: Lang) -> Result<(), Failure> {
    let ending = out.extension().map(|ending| ending.to_string_lossy());
    let fits = |ending: &str| endings.iter().any(|own| own.eq_ignore_ascii_case(ending));
    if ending.as_deref().is_none_or(fits) {
        return Ok(());
    }
    let known: Vec<String> = endings.iter().map(|own| format!(".{own}")).collect();
    Err(Failure(lang.pick(
        format!(
            "{}:后缀和内容不符,应为 {}。请改 --out 或 --format",
            out.display(),
            known.join("、")
        ),
        format!(
            "{}: the ending does not fit what will be in it, which is {}. Change --out or --format",
            out.display(),
            known.join(", ")
        ),
    )))
}

/// Writes `out` by `fill` and puts it in its place when all of it is there.
pub(super) fn write(
    out: &Path,
    lang: Lang,
    fill: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), Failure> {
    write_or(out, lang, |file| {
        fill(file).map_err(|cause| failure(out, &cause, lang))
    })
}

/// The same for a `fill` that can fail in other ways too.
pub(super) fn write_or(
    out: &Path,
    lang: Lang,
    fill: impl FnOnce(&mut BufWriter<File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |cause: std::io::Error| failure(out, &cause, lang);
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let temporary = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let mut writer = BufWriter::new(temporary.reopen().map_err(failed)?);
    fill(&mut writer)?;
    let file = writer
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    make_readable(temporary.path()).map_err(failed)?;
    temporary
        .persist(out)
        .map_err(|error| failed(error.error))?;
    Ok(())
}

pub(super) fn failure(out: &Path, cause: &std::io::Error, lang: Lang) -> Failure {
    Failure(lang.pick(
        format!("{}:写不出({cause})。请检查路径、权限和磁盘空间,或用 --out 指定别处", out.display(), cause = crate::lang::in_chinese(&cause)),
        format!("{}: cannot be written ({cause}). Check path, rights and the disk's space, or name another place with --out", out.display()),
    ))
}

/// Temporary files are private; a report has the rights of any new file.
#[cfg(unix)]
fn make_readable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
